using Hale.Declare;

namespace Hale.Produce;

/// <summary>
/// Something secret that a unit is handed as a systemd credential (systemd.exec(5), LoadCredential=). Written as a pair:
/// <c>Credentials = [("token", Secret.Named("bot/token")), ("config", template)]</c>.
/// </summary>
public sealed record Credential
{
    private Credential(string id) => Id = id;

    /// <summary>The credential's id: the file's name in <c>$CREDENTIALS_DIRECTORY</c>.</summary>
    public string Id { get; }

    /// <summary>The secret; null where it is a template.</summary>
    public Secret? Secret { get; private init; }

    /// <summary>The template; null where it is a secret.</summary>
    public SecretTemplate? Template { get; private init; }

    /// <summary>A secret, by an id.</summary>
    public static implicit operator Credential((string Id, Secret Secret) pair) => Of(pair.Id, pair.Secret);

    /// <summary>A template, by an id.</summary>
    public static implicit operator Credential((string Id, SecretTemplate Template) pair) => Of(pair.Id, pair.Template);

    /// <summary>A secret, by an id.</summary>
    public static Credential Of(string id, Secret secret) => new(id) { Secret = secret };

    /// <summary>A template, by an id.</summary>
    public static Credential Of(string id, SecretTemplate template) => new(id) { Template = template };

    /// <summary>Its name below <c>/run/secrets</c>.</summary>
    public string StagedName => Template?.StagedName ?? Secret!.Name;

    /// <summary>Where the machine holds it.</summary>
    internal string MachinePath => Template?.MachinePath ?? Secret!.MachinePath;
}
