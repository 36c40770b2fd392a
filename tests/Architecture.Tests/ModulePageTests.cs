using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Hale.Declare;

namespace Architecture.Tests;

/// <summary>
/// docs/modules has one page for each module, generated from its XML documentation. HALE_UPDATE_GOLDEN=1 writes them anew.
/// </summary>
public sealed partial class ModulePageTests
{
    private static Assembly Catalogue { get; } = Assembly.Load("Hale.Catalogue");

    private static XDocument Documentation { get; } = XDocument.Load(Path.ChangeExtension(Catalogue.Location, ".xml"));

    public static TheoryData<string> Modules() =>
        new(Catalogue.GetExportedTypes().Where(type => type.IsSubclassOf(typeof(Hale.Declare.Module))).Select(type => type.FullName!).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Modules))]
    public void The_page_of_a_module_says_what_its_settings_say(string name)
    {
        var type = Catalogue.GetType(name)!;
        var file = Path.Combine(Repository.Root, "docs", "modules", $"{type.Name.ToLowerInvariant()}.md");
        var page = Page(type);
        if (Environment.GetEnvironmentVariable("HALE_UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, page);
        }

        Assert.True(File.Exists(file), $"docs/modules has no page for {type.Name}; run with HALE_UPDATE_GOLDEN=1 and review it.");
        Assert.Equal(page, File.ReadAllText(file));
    }

    private static string Page(Type type)
    {
        var page = new StringBuilder($"# {type.Name}\n{Summary($"T:{type.FullName}")}\n\n| setting | type | default | meaning |\n|---|---|---|---|\n");
        var plain = Activator.CreateInstance(type);
        foreach (var property in type.GetProperties().Where(property => property.DeclaringType == type && property.SetMethod is not null))
            page.Append($"| `{property.Name}` | {TypeName(property)} | {Default(property, plain)} | {Summary($"P:{type.FullName}.{property.Name}")} |\n");
        return page.ToString();
    }

    private static string TypeName(PropertyInfo property)
    {
        var nullable = Nullable.GetUnderlyingType(property.PropertyType) is not null
            || new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var name = type.IsGenericType ? $"list of {type.GetGenericArguments()[0].Name}" : type.Name;
        return (name switch { "String" => "text", "Boolean" => "yes or no", "Int32" or "Int64" => "number", _ => name }) + (nullable ? ", may be null" : "");
    }

    private static string Default(PropertyInfo property, object? plain)
    {
        if (property.GetCustomAttribute<System.Runtime.CompilerServices.RequiredMemberAttribute>() is not null)
            return "required";
        return property.GetValue(plain) switch
        {
            null => "null",
            "" => "empty",
            bool yes => yes ? "`true`" : "`false`",
            Hale.Produce.Download download => $"`{download.Name}` {download.Version}",
            Secret secret => $"`{secret.Name}`, {(secret.IsGenerated ? "made on the machine" : "from a sops file")}",
            var value => $"`{value}`",
        };
    }

    private static string Summary(string member)
    {
        var summary = Documentation.Descendants("member").FirstOrDefault(one => one.Attribute("name")!.Value == member)?.Element("summary");
        Assert.True(summary is not null, $"{member} has no documentation.");
        var text = string.Concat(summary.Nodes().Select(node => node switch
        {
            XElement { Name.LocalName: "see" } see => $"`{(see.Attribute("cref")?.Value.Split('.')[^1] ?? see.Attribute("langword")?.Value ?? see.Value)}`",
            XElement element => $"`{element.Value}`",
            _ => node.ToString(System.Xml.Linq.SaveOptions.DisableFormatting),
        }));
        return Spaces().Replace(System.Net.WebUtility.HtmlDecode(text), " ").Trim().Replace("|", "\\|", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
