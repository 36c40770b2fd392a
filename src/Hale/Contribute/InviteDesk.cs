namespace Hale.Contribute;

/// <summary>
/// Where invites are made on this host: what <c>hale invite</c> needs to know of the service that keeps them.
/// </summary>
/// <param name="Unit">The unit of the service; its journal explains a failure.</param>
/// <param name="Tool">
/// A program on the machine, by its absolute path. Run by root, it reads one JSON object from standard input (<c>verb</c> is create,
/// list, show or revoke) and answers with one; <c>problems</c> in it says what is wrong.
/// </param>
public sealed record InviteDesk(string Unit, string Tool) : Contribution;
