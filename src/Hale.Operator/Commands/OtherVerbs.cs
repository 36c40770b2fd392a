using System.Reflection;

namespace Hale.Operator;

/// <summary>Verbs of assemblies that lie beside this one. They are loaded where no verb of this one is meant.</summary>
internal static class OtherVerbs
{
    private const string Lab = "Hale.Lab";

    public static IEnumerable<Verb> Of(VerbContext context) => Provider() is { } provider ? provider.Verbs(context) : [];

    /// <summary>The machine that a verb of theirs keeps for a host; null where none does.</summary>
    public static TriedMachine? Kept(VerbContext context, string host) => Provider()?.Kept(context, host);

    private static IVerbProvider? Provider()
    {
        if (!File.Exists(Path.Combine(Path.GetDirectoryName(typeof(OtherVerbs).Assembly.Location) ?? "", Lab + ".dll")))
            return null;
        var type = Assembly.Load(new AssemblyName(Lab)).GetExportedTypes().FirstOrDefault(
            type => type.IsAssignableTo(typeof(IVerbProvider)) && type.IsClass);
        return type is null ? null : (IVerbProvider)Activator.CreateInstance(type)!;
    }
}
