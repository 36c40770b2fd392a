using System.Security.Cryptography;
using System.Text;
using Hale.Declare;
using Hale.Operator.Diagnose;
using Hale.Produce;
using Hale.Secrets;
using Hale.Store;

namespace Hale.Operator.Secrets;

/// <summary>A value that was made.</summary>
/// <param name="Name">The secret.</param>
/// <param name="File">Its file, for a person.</param>
/// <param name="Key">Its name there.</param>
/// <param name="Public">Of a key pair the public half; else null.</param>
internal sealed record MadeSecret(string Name, string File, string Key, string? Public);

/// <summary>A secret that is nowhere, and that only its owner can give.</summary>
internal sealed record MissingSecret(string Name, string File, string Key);

/// <summary>Makes values for the secrets of a fleet that say how, where they are missing. All in memory first; then each file is written once.</summary>
/// <param name="place">Where the command works.</param>
/// <param name="plans">All hosts.</param>
internal sealed class SecretMaker(SecretsPlace place, IReadOnlyList<HostPlan> plans)
{
    /// <summary>What the public half of a key pair is called beside its private one.</summary>
    public const string PublicSuffix = "_public";

    private readonly SecretFiles files = new(place.Root);

    /// <summary>Makes them.</summary>
    /// <param name="names">Which; all that are missing where empty.</param>
    /// <param name="replace">Which to make anew though they are there.</param>
    /// <exception cref="UserError">A name is no secret's, or no value of it can be made.</exception>
    /// <exception cref="RefusedException">A file cannot be read or opened.</exception>
    public GenerateResult Make(IReadOnlyList<string> names, IReadOnlyList<string> replace)
    {
        RequireKnown(names);
        RequireKnown(replace);
        RequireReadable();
        var wanted = plans.SelectMany(plan => plan.Secrets.Select(planned => (plan.Host.Name, planned.Secret)))
            .Where(one => one.Secret.Origin == SecretOrigin.SopsValue).ToList();
        var there = plans.ToDictionary(plan => plan.Host.Name, plan => files.Find(plan, []));
        var targets = new List<(Secret Secret, string File)>();
        var toGive = new List<MissingSecret>();
        foreach (var group in wanted.GroupBy(one => (one.Secret.Name, one.Secret.File, one.Secret.Key)))
        {
            var secret = group.FirstOrDefault(one => one.Secret.Shape is not null).Secret ?? group.First().Secret;
            var found = group.Select(one => there[one.Name].GetValueOrDefault(secret.Name)?.File).OfType<string>().Distinct().ToList();
            var lacking = group.Where(one => !there[one.Name].ContainsKey(secret.Name)).Select(one => one.Name).ToList();
            var asked = replace.Contains(secret.Name) || (replace.Count == 0 && names.Count == 0) || names.Contains(secret.Name);
            if (asked && replace.Contains(secret.Name))
                targets.AddRange(found.Select(file => (secret, file)));
            if (lacking.Count > 0 && secret.Shape is null)
                toGive.Add(new(secret.Name, place.NameOf(files.TargetOf(lacking, secret)), secret.Key));
            else if (lacking.Count > 0 && asked)
                targets.Add((secret, files.TargetOf(lacking, secret)));
        }
        var prepared = targets.Distinct().GroupBy(target => target.File).Select(Prepare).ToList();
        foreach (var (file, now, _) in prepared)
            file.Write(now);
        return new([.. prepared.SelectMany(one => one.Made)], toGive);
    }

    /// <summary>A file with its new values, not yet written.</summary>
    private (EncryptedFile File, SopsFile Now, IReadOnlyList<MadeSecret> Made) Prepare(IGrouping<string, (Secret Secret, string File)> targets)
    {
        var file = place.ReadOrBegin(targets.Key);
        var now = file.Content;
        var made = new List<MadeSecret>();
        foreach (var (secret, _) in targets)
        {
            var (value, half) = ValueOf(secret);
            now = With(now, secret.Key, value);
            CryptographicOperations.ZeroMemory(value);
            if (half is not null)
                now = With(now, secret.Key + PublicSuffix, Encoding.UTF8.GetBytes(half));
            made.Add(new(secret.Name, file.Name, secret.Key, half));
        }
        return (file, now, made);
    }

    private SopsFile With(SopsFile file, string key, byte[] value)
    {
        using var content = file.Decrypt(place.OwnKeys());
        return content.Set(key, value, place.Now);
    }

    private static (byte[] Value, string? Public) ValueOf(Secret secret)
    {
        var shape = secret.Shape!;
        switch (shape.Kind)
        {
            case SecretKind.Text:
                return (SecretValues.Text(shape.Length, shape.Alphabet), null);
            case SecretKind.Base64:
                return (SecretValues.Base64(shape.Length), null);
            default:
                var pair = shape.Kind switch
                {
                    SecretKind.AgeKey => SecretValues.Age(),
                    SecretKind.SshKey => SecretValues.Ssh(secret.Name),
                    SecretKind.WireGuardKey => SecretValues.WireGuard(),
                    _ => throw new InvalidOperationException($"no maker for {shape.Kind}"),
                };
                var value = pair.Secret.ToArray();
                pair.Wipe();
                return (value, pair.PublicText);
        }
    }

    private void RequireKnown(IReadOnlyList<string> names)
    {
        var secrets = plans.SelectMany(plan => plan.Secrets).Select(planned => planned.Secret).ToList();
        foreach (var name in names)
        {
            var meant = secrets.Where(secret => secret.Name == name).ToList();
            if (meant.Count == 0)
                throw new UserError(
                    $"The fleet names no secret \"{name}\".", Nearest.Hint(name, [.. secrets.Select(secret => secret.Name).Distinct()], "It names"))
                { ExitCode = HaleCommand.Usage };
            if (meant.TrueForAll(secret => secret.Origin == SecretOrigin.Machine))
                throw new UserError($"The secret {name} is not in a file: each machine makes it for itself, at its first activation.", "");
            if (meant.TrueForAll(secret => secret.Shape is null))
                throw new UserError(
                    $"The fleet does not say what a value of {name} looks like, so none can be made.",
                    $"Give it one: hale secrets set FILE {name}; or say how: Secret.Named(\"{name}\", SecretShape.Hex()).");
        }
    }

    /// <summary>A file that cannot be read might have the value already.</summary>
    private void RequireReadable()
    {
        var problems = new List<Diagnostic>();
        foreach (var file in plans.SelectMany(plan => plan.Secrets.Where(planned => planned.Secret.File.Length > 0)
            .Select(planned => Path.GetFullPath(planned.Secret.File, place.Root)).Where(File.Exists).Concat(files.DefaultsOf(plan.Host.Name))).Distinct())
            try
            {
                files.Read(file);
            }
            catch (SecretsError error)
            {
                problems.Add(new Diagnostic(error.Message) { Hint = error.Hint });
            }
        if (problems.Count > 0)
            throw new RefusedException(problems, new SourceText());
    }
}
