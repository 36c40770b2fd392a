using System.Security.Cryptography;
using Hale.Store.Closure;

namespace Hale.Activator.Staging;

/// <summary>One file below <c>/run/secrets</c>, in the clear.</summary>
/// <param name="Declared">What the system says of it.</param>
/// <param name="Content">Its bytes; wiped with <see cref="OpenedSecrets"/>.</param>
/// <param name="Drawn">Whether the value was made this moment and is kept nowhere yet.</param>
internal sealed record StagedItem(ManifestStaged Declared, byte[] Content, bool Drawn = false)
{
    /// <summary>Its name below <c>/run/secrets</c>.</summary>
    internal string Name { get; } = NameOf(Declared);

    internal static string NameOf(ManifestStaged declared) => declared is ManifestTemplate ? $"rendered/{declared.Name}" : declared.Name;
}

/// <summary>All that is secret in a system, in the clear, for as long as an activation needs it; and what could not be opened.</summary>
internal sealed class OpenedSecrets : IDisposable
{
    internal List<StagedItem> Items { get; } = [];

    internal List<ActivationError> Errors { get; } = [];

    /// <summary>Names of secrets that today's files no longer have, and whose values are those the system came with.</summary>
    internal List<string> FromOwnFiles { get; } = [];

    /// <summary>Wipes the values.</summary>
    public void Dispose()
    {
        foreach (var item in Items)
            CryptographicOperations.ZeroMemory(item.Content);
        Items.Clear();
    }
}
