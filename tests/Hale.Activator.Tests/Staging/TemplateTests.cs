using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Hale.Activator.Staging;
using Hale.Store.Closure;
using YamlDotNet.RepresentationModel;

namespace Hale.Activator.Tests.Staging;

/// <summary>What a template makes of a secret, each format's own parser reads back.</summary>
public sealed class TemplateTests
{
    private static readonly string Hostile = string.Concat(Enumerable.Range(1, 0x2FF).Select(i => (char)i)) + "\u2028\u2029\uFEFF\uFFFD\uFFFE\uFFFF😀 \"quoted\" '#{{x}} $HOME `id` %41\r\n\\";

    public static TheoryData<string> Values => [Hostile, "", " ", "plain", "no", "0755", "# comment", "a: b", "{a}", "null", "\n", "\\", "\"", "$", "`", "'", "-", "%20", "é", "\u0085", "\t"];

    private static string Render(string text, TemplateFormat format, string value, string name = "s")
    {
        var errors = new List<ActivationError>();
        var made = Template.Render(
            new() { Name = "t", Path = "/nix/store/x", Format = format }, Encoding.UTF8.GetBytes(text),
            new Dictionary<string, byte[]> { [name] = Encoding.UTF8.GetBytes(value) }, new HashSet<string> { name }, errors);
        Assert.Empty(errors);
        return Encoding.UTF8.GetString(made!);
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void Json_reads_it_back(string value)
    {
        var made = Render("""{"whole": {{secret:s}}, "part": "<{{secret:s|part}}>"}""", TemplateFormat.Json, value);
        using var document = JsonDocument.Parse(made);
        Assert.Equal(value, document.RootElement.GetProperty("whole").GetString());
        Assert.Equal($"<{value}>", document.RootElement.GetProperty("part").GetString());
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void Yaml_reads_it_back(string value)
    {
        var made = Render("whole: {{secret:s}}\npart: \"<{{secret:s|part}}>\"\n", TemplateFormat.Yaml, value);
        var stream = new YamlStream();
        stream.Load(new StringReader(made));
        var map = (YamlMappingNode)stream.Documents[0].RootNode;
        Assert.Equal(value, ((YamlScalarNode)map["whole"]).Value);
        Assert.Equal($"<{value}>", ((YamlScalarNode)map["part"]).Value);
    }

    /// <summary>Python's own parser of TOML 1.0; no package for .NET is to be had.</summary>
    [Fact]
    public void Toml_reads_it_back()
    {
        foreach (var row in Values)
        {
            var value = (string)row;
            var made = Render("whole = {{secret:s}}\npart = \"<{{secret:s|part}}>\"\n", TemplateFormat.Toml, value);
            if (Python("import sys, json, tomllib; print(json.dumps(tomllib.loads(sys.stdin.buffer.read().decode())))", made) is not { } read)
                return;
            using var document = JsonDocument.Parse(read);
            Assert.Equal(value, document.RootElement.GetProperty("whole").GetString());
            Assert.Equal($"<{value}>", document.RootElement.GetProperty("part").GetString());
        }
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void A_url_and_a_plain_text_hold_it(string value)
    {
        Assert.Equal(value, Uri.UnescapeDataString(Render("{{secret:s|url}}", TemplateFormat.Yaml, value)));
        Assert.Equal($"<{value}|{value}|{value}>", Render("<{{secret:s}}|{{secret:s|part}}|{{secret:s|raw}}>", TemplateFormat.Plain, value));
    }

    [Fact]
    public void An_environment_file_escapes_what_systemd_takes_for_special() =>
        Assert.Equal("A=\"a\\\"b\\\\c\\$d\\`e'f\ng\"\nB=\"x\\\"\"", Render("A={{secret:s}}\nB=\"{{secret:o|part}}\"".Replace("{{secret:o|part}}", "x\\\"", StringComparison.Ordinal), TemplateFormat.Environment, "a\"b\\c$d`e'f\ng"));

    [Theory]
    [InlineData("x {{secret:t}}", "names the secret 't'")]
    [InlineData("x {{secret:s|base64}}", "written as 'base64'")]
    [InlineData("x {{secret:s", "begins and does not end")]
    [InlineData("{{secret:nul}}", "'nul' holds a zero byte")]
    [InlineData("{{secret:binary}}", "'binary' is not UTF-8 text")]
    public void What_cannot_be_filled_is_told_without_the_value(string text, string said)
    {
        var errors = new List<ActivationError>();
        var values = new Dictionary<string, byte[]> { ["s"] = "value"u8.ToArray(), ["nul"] = "val\0ue"u8.ToArray(), ["binary"] = [0x76, 0xFF] };
        Assert.Null(Template.Render(new() { Name = "t", Path = "/nix/store/x" }, Encoding.UTF8.GetBytes(text), values, values.Keys.ToHashSet(), errors));
        var error = Assert.Single(errors);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("The template 't' cannot be filled", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("value", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_that_could_not_be_opened_is_not_told_of_twice()
    {
        var errors = new List<ActivationError>();
        Assert.Null(Template.Render(new() { Name = "t", Path = "/nix/store/x" }, "{{secret:s}}"u8, new Dictionary<string, byte[]>(), new HashSet<string> { "s" }, errors));
        Assert.Empty(errors);
    }

    /// <returns>What it wrote; null where this computer has no Python, which is told.</returns>
    private static string? Python(string program, string input)
    {
        try
        {
            using var python = Process.Start(new ProcessStartInfo("python3", ["-c", program]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
            python.StandardInput.BaseStream.Write(Encoding.UTF8.GetBytes(input));
            python.StandardInput.Close();
            var read = python.StandardOutput.ReadToEnd();
            python.WaitForExit();
            Assert.Equal(0, python.ExitCode);
            return read;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.NotEqual("true", Environment.GetEnvironmentVariable("CI"));
            Console.WriteLine("SKIPPED: TOML is not read back, because there is no python3 with tomllib here");
            return null;
        }
    }
}
