namespace Hale.Lab;

/// <summary>How the ssh program reaches a machine; nothing of it is special to the lab, any ssh client can use it.</summary>
/// <param name="Host">The address of this computer's end: 127.0.0.1.</param>
/// <param name="Port">The port of this computer's end, 1 to 65535.</param>
/// <param name="User">Who logs in: root.</param>
/// <param name="IdentityFile">The file of the private key that the machine accepts.</param>
/// <param name="KnownHostsFile">The file that holds the machine's host key, under <paramref name="HostKeyAlias"/>.</param>
/// <param name="HostKeyAlias">The machine's name.</param>
public sealed record SshAccess(string Host, int Port, string User, string IdentityFile, string KnownHostsFile, string HostKeyAlias)
{
    /// <summary>
    /// The options for ssh, scp and sftp, each one argument: the key, the known host key and nothing of the user's own configuration.
    /// The port is among them as <c>-oPort=</c>, which all three understand.
    /// </summary>
    public IReadOnlyList<string> Options =>
    [
        "-F", "none",
        $"-oPort={Port}",
        $"-oIdentityFile={IdentityFile}",
        "-oIdentitiesOnly=yes",
        $"-oUserKnownHostsFile={KnownHostsFile}",
        "-oGlobalKnownHostsFile=none",
        $"-oHostKeyAlias={HostKeyAlias}",
        "-oStrictHostKeyChecking=yes",
        "-oUpdateHostKeys=no",
        "-oBatchMode=yes",
        "-oConnectTimeout=10",
        "-oLogLevel=ERROR",
    ];

    /// <summary>Who and where, as ssh wants it: <c>root@127.0.0.1</c>.</summary>
    public string Destination => $"{User}@{Host}";

    /// <summary>A command line that a person can paste into a shell.</summary>
    public string CommandLine => $"ssh {string.Join(' ', Options)} {Destination}";
}
