using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Architecture.Tests;

/// <summary>What compiled code reaches for, read from its metadata.</summary>
public sealed class PurityTests
{
    private static readonly string[] Impure =
    [
        "System.IO.File", "System.IO.Directory", "System.IO.FileStream", "System.IO.FileInfo", "System.IO.DirectoryInfo", "System.IO.StreamReader",
        "System.Net.", "System.Diagnostics.Process", "System.Console", "System.Environment", "System.Random", "System.TimeProvider",
        "System.Security.Cryptography.RandomNumberGenerator", "System.Threading.Thread", "System.Runtime.InteropServices.NativeLibrary",
    ];

    private static readonly string[] Clocks = ["System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow", "System.DateTime.get_Today"];

    [Theory]
    [InlineData("Hale")]
    [InlineData("Hale.Catalogue")]
    public void Evaluation_does_no_input_or_output(string assembly) =>
        Assert.Empty(Members(assembly)
            .Where(member => member != "System.Environment.get_CurrentManagedThreadId") // what the compiler writes into every iterator
            .Where(member => Impure.Any(prefix => member.StartsWith(prefix, StringComparison.Ordinal))));

    [Theory]
    [InlineData("Hale")]
    [InlineData("Hale.Catalogue")]
    [InlineData("Hale.Store")]
    [InlineData("Hale.Operator")]
    [InlineData("hale-activator")]
    public void Time_comes_from_a_TimeProvider(string assembly) =>
        Assert.Empty(Members(assembly).Intersect(Clocks));

    [Fact]
    public void The_rule_would_find_a_clock() =>
        Assert.Contains("System.DateTime.get_UtcNow", MembersOf(typeof(PurityTests).Assembly.Location));

    /// <summary>What the rule must find; it is never called.</summary>
    internal static DateTime PlantedClock() => DateTime.UtcNow;

    [Theory]
    [InlineData("Hale")]
    [InlineData("Hale.Catalogue")]
    [InlineData("Hale.Store")]
    [InlineData("Hale.Operator")]
    [InlineData("Hale.Lab")]
    [InlineData("hale-activator")]
    public void No_state_is_ambient(string assembly)
    {
        using var file = new PEReader(File.OpenRead(Located(assembly)));
        var metadata = file.GetMetadataReader();
        var mutable =
            from handle in metadata.FieldDefinitions
            let field = metadata.GetFieldDefinition(handle)
            let type = metadata.GetTypeDefinition(field.GetDeclaringType())
            let names = (Type: metadata.GetString(type.Name), Field: metadata.GetString(field.Name))
            where field.Attributes.HasFlag(System.Reflection.FieldAttributes.Static)
                && !field.Attributes.HasFlag(System.Reflection.FieldAttributes.InitOnly)
                && !field.Attributes.HasFlag(System.Reflection.FieldAttributes.Literal)
                && !names.Type.Contains('<') && !names.Field.Contains('<')
                && !IsGenerated(metadata, type) && !names.Type.EndsWith("Json", StringComparison.Ordinal)
            select $"{names.Type}.{names.Field}";

        Assert.Empty(mutable);
    }

    private static bool IsGenerated(MetadataReader metadata, TypeDefinition type) =>
        type.GetCustomAttributes().Select(metadata.GetCustomAttribute)
            .Any(attribute => attribute.Constructor.Kind == HandleKind.MemberReference
                && metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent is { Kind: HandleKind.TypeReference } parent
                && metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)parent).Name) is "GeneratedCodeAttribute" or "CompilerGeneratedAttribute");

    private static string Located(string assembly)
    {
        var path = Path.Combine(AppContext.BaseDirectory, assembly + ".dll");
        Assert.True(File.Exists(path), $"{assembly}.dll is not beside the tests; does Architecture.Tests reference its project?");
        return path;
    }

    private static List<string> Members(string assembly) => MembersOf(Located(assembly));

    private static List<string> MembersOf(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var metadata = file.GetMetadataReader();
        var members = new List<string>();
        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind != HandleKind.TypeReference)
                continue;
            var type = metadata.GetTypeReference((TypeReferenceHandle)member.Parent);
            members.Add($"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}.{metadata.GetString(member.Name)}");
        }
        return members;
    }
}
