using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hale.Operator.Secrets;
using Hale.Operator.Secrets.Recipients;

namespace Hale.Operator;

/// <summary>What <c>hale secrets</c> gives with <c>--json</c>, but for init, get and recipients: what became of each file.</summary>
/// <param name="Files">The files.</param>
internal sealed record SecretFilesResult(IReadOnlyList<SecretFileResult> Files);

/// <summary>A file.</summary>
/// <param name="File">Its path, relative to the working folder where it is near.</param>
/// <param name="Change">created, changed or unchanged; null where nothing was meant to change.</param>
/// <param name="Names">The names of values: those that changed, or all.</param>
internal sealed record SecretFileResult(string File, string? Change, IReadOnlyList<string>? Names = null);

/// <summary>What <c>hale secrets get --json</c> gives.</summary>
internal sealed record SecretValueResult(string File, string Key, string Value);

/// <summary>What <c>hale secrets recipients --json</c> gives.</summary>
internal sealed record RecipientsResult(IReadOnlyList<RecipientList> Files);

/// <summary>What <c>hale secrets generate --json</c> gives.</summary>
/// <param name="Made">What was made; never a private value.</param>
/// <param name="ToGive">What only its owner can give.</param>
internal sealed record GenerateResult(IReadOnlyList<MadeSecret> Made, IReadOnlyList<MissingSecret> ToGive);

/// <summary>What <c>hale secrets check --json</c> gives.</summary>
/// <param name="Secrets">Every secret that was found.</param>
/// <param name="Problems">Everything that is wrong, warnings among it.</param>
internal sealed record CheckSecretsResult(IReadOnlyList<FoundSecret> Secrets, IReadOnlyList<Diagnose.JsonDiagnostic> Problems);

/// <summary>JSON of the verbs about secrets.</summary>
[JsonSerializable(typeof(SecretFilesResult))]
[JsonSerializable(typeof(SecretValueResult))]
[JsonSerializable(typeof(RecipientsResult))]
[JsonSerializable(typeof(RecipientsChanged))]
[JsonSerializable(typeof(Beginning))]
[JsonSerializable(typeof(GenerateResult))]
[JsonSerializable(typeof(Secrets.Machine.MachineKeyResult))]
[JsonSerializable(typeof(CheckSecretsResult))]
internal sealed partial class SecretsJson : JsonSerializerContext
{
    /// <summary>Writes what a verb came to: as JSON, or as a line for each file; the exit code.</summary>
    public static int Tell(VerbContext context, ParseResult parsed, IReadOnlyList<SecretFileResult> files, Func<SecretFileResult, string> line)
    {
        if (parsed.GetValue(context.Options.Json))
            Write(context, json => json.SecretFilesResult, new SecretFilesResult(files));
        else if (!parsed.GetValue(context.Options.Quiet))
            foreach (var file in files)
                context.Surroundings.Out.WriteLine(line(file));
        return 0;
    }

    /// <summary>Writes one document.</summary>
    public static void Write<T>(VerbContext context, Func<SecretsJson, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T>> type, T result) =>
        context.Surroundings.Out.WriteLine(JsonSerializer.Serialize(result, type(new SecretsJson(ResultJson.Document()))));
}
