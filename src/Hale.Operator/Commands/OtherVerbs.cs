using System.Reflection;

namespace Hale.Operator;

/// <summary>Verbs of assemblies that lie beside this one. They are loaded when one of their verbs may be meant, not for every command.</summary>
internal static class OtherVerbs
{
    private const string Lab = "Hale.Lab";

    private static readonly string[] Own =
        ["check", "build", "plan", "deploy", "rollback", "generations", "gc", "history", "verify", "status", "doctor", "update", SecretsVerb.Name, MachineKeyVerb.Name];

    public static IEnumerable<Verb> For(string[] args, VerbContext context)
    {
        if (CommandWords.Verb(args) is { } word && Own.Contains(word))
            return [];
        return Provider() is { } provider ? provider.Verbs(context) : [];
    }

    private static IVerbProvider? Provider()
    {
        if (!File.Exists(Path.Combine(Path.GetDirectoryName(typeof(OtherVerbs).Assembly.Location) ?? "", Lab + ".dll")))
            return null;
        var type = Assembly.Load(new AssemblyName(Lab)).GetExportedTypes().FirstOrDefault(
            type => type.IsAssignableTo(typeof(IVerbProvider)) && type.IsClass);
        return type is null ? null : (IVerbProvider)Activator.CreateInstance(type)!;
    }
}
