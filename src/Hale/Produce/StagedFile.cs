using Hale.Declare;

namespace Hale.Produce;

/// <summary>
/// Something secret in a machine's memory: below <c>/run/secrets</c>, written when the machine boots or its system changes. Units
/// that are handed it as a credential need none of these settings; they are for programs that read the file themselves.
/// </summary>
public abstract record StagedFile : Artifact
{
    private protected StagedFile()
    {
    }

    /// <summary>The user who owns it: one of the machine's, or a <see cref="SystemUser"/>.</summary>
    public string Owner { get; init; } = "root";

    /// <summary>Its group.</summary>
    public string Group { get; init; } = "root";

    /// <summary>Its mode in octal: <c>0400</c>, <c>0440</c>, <c>0600</c>, <c>0640</c>, <c>0660</c>. Nothing for others: a secret that everybody reads is none.</summary>
    public string Mode { get; init; } = "0400";

    /// <summary>An absolute path where a link to it stands, for a program that looks nowhere else; empty for none.</summary>
    public string Path { get; init; } = "";

    /// <summary>Units that restart when its content changes, apart from those that are handed it as a credential.</summary>
    public EquatableArray<string> Restart { get; init; } = [];

    /// <summary>Units that reload when its content changes, as long as nothing restarts them.</summary>
    public EquatableArray<string> Reload { get; init; } = [];

    /// <summary>Its name below <c>/run/secrets</c>.</summary>
    public abstract string StagedName { get; }

    /// <summary>Where it lies on a running machine.</summary>
    public string MachinePath => $"/run/secrets/{StagedName}";

    /// <summary>What people call it.</summary>
    internal abstract string Label { get; }
}

/// <summary>A secret that a host needs although no unit is handed it, or with an owner, mode or path of its own.</summary>
/// <param name="Secret">The secret.</param>
public sealed record MachineSecret(Secret Secret) : StagedFile
{
    /// <summary>
    /// Whether it must be there before users are made: it lies in <c>/run/secrets-for-users</c> too, for root alone, and so cannot
    /// belong to anybody else.
    /// </summary>
    public bool NeededForUsers { get; init; }

    /// <inheritdoc/>
    public override string StagedName => Secret.Name;

    internal override string Label => $"secret {Secret.Name}";

}

/// <summary>
/// A file with secrets in it, put together on the machine: the store holds the text with the names in it, memory the one with the
/// values. <c>new SecretTemplate("bot.toml", SecretFormat.Toml, $"token = {Secret.Named("bot/token")}")</c>
/// </summary>
/// <param name="TemplateName">Its name: it lies at <c>/run/secrets/rendered/NAME</c>.</param>
/// <param name="Format">How a value is quoted.</param>
/// <param name="Content">The text; see <see cref="SecretText"/>.</param>
public sealed record SecretTemplate(string TemplateName, SecretFormat Format, SecretText Content) : StagedFile
{
    /// <summary>An environment file (systemd.exec(5), EnvironmentFile=) of these variables.</summary>
    /// <param name="name">The template's name: <c>bot.env</c>.</param>
    /// <param name="variables">Variables and the secrets that are their values.</param>
    public static SecretTemplate Environment(string name, params IEnumerable<(string Variable, Secret Secret)> variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        var text = new SecretText(0, 0);
        foreach (var (variable, secret) in variables)
        {
            text.AppendLiteral($"{variable}=");
            text.AppendFormatted(secret);
            text.AppendLiteral("\n");
        }
        return new SecretTemplate(name, SecretFormat.Environment, text);
    }

    /// <inheritdoc/>
    public override string StagedName => $"rendered/{TemplateName}";

    internal override string Label => $"template {TemplateName}";


    /// <summary>The text as the store has it, names for values.</summary>
    public TextFile File => new(System.IO.Path.GetFileName(TemplateName), Content.Text);
}

/// <summary>How a template quotes a value.</summary>
public enum SecretFormat
{
    /// <summary>Not at all.</summary>
    Plain,

    /// <summary>As a value of an environment file of systemd: <c>TOKEN={secret}</c>.</summary>
    Environment,

    /// <summary>As a JSON string (RFC 8259, 7): <c>{"token": {secret}}</c>.</summary>
    Json,

    /// <summary>As a TOML basic string (TOML 1.0): <c>token = {secret}</c>.</summary>
    Toml,

    /// <summary>As a double-quoted YAML scalar (YAML 1.2, 7.3.1): <c>token: {secret}</c>.</summary>
    Yaml,
}
