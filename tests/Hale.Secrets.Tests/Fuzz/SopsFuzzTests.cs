using System.Text;
using Hale.Secrets.Tests.Sops;

namespace Hale.Secrets.Tests.Fuzz;

public sealed class SopsFuzzTests
{
    private static readonly string[] Words =
        ["ENC[AES256_GCM,data:", ",type:str]", "sops", "sops_", "[sops]\n", "age", "__list_0__map_enc", ": ", "\n", "\t", "    ", "- ", "#", "{", "}", "[", "]", ",", "\"", "'", "|", ">-\n", "&a ", "*a", "!!str ", "---\n", "...\n", "? ", "null", "0x", "1_0", "\\", "=", "`", "\r\n", "\u2028", "é", "🎉"];

    [Theory]
    [InlineData(SopsFormat.Yaml)]
    [InlineData(SopsFormat.Json)]
    [InlineData(SopsFormat.Dotenv)]
    [InlineData(SopsFormat.Ini)]
    public void A_document_is_refused_or_encrypts_and_comes_back(SopsFormat format) =>
        Fuzzer.Run($"sops-{format.ToString().ToLowerInvariant()}", Words, input =>
        {
            var text = Encoding.UTF8.GetString(input);
            if (SopsDocument.Parse("f", text, format).Metadata is not null)
            {
                // As if sops had made it: it opens, or it does not.
                using var theirs = SopsFile.Parse(text, format, "f").Decrypt([FormatTests.Key]);
                return;
            }

            SopsFile file;
            try
            {
                file = FormatTests.Encrypt(text, format);
            }
            catch (SecretsError)
            {
                return; // Some plain text cannot be encrypted in place.
            }

            // Names and values are what the plain text says; and the text that a person would edit says the same again.
            using var content = file.Decrypt([FormatTests.Key]);
            Assert.Equal(Leaves(SopsDocument.Parse("f", text, format)), content.File.Names.Select(name => (name, content.GetString(name))));
            byte[] shown;
            try
            {
                shown = content.ToPlaintext();
            }
            catch (SecretsError)
            {
                return; // dotenv and ini cannot show everything that they can hold encrypted.
            }

            Assert.Equal(
                Leaves(SopsDocument.Parse("f", Encoding.UTF8.GetString(shown), format)),
                content.File.Names.Select(name => (name, content.GetString(name))));
            Assert.Same(file, content.Replace(shown, Times.Later));
            SopsFile added;
            try
            {
                added = content.Set("added", "x"u8, Times.Later);
            }
            catch (SecretsError) when (format == SopsFormat.Ini || content.File.Names.Any(name => name.StartsWith("added", StringComparison.Ordinal)))
            {
                return;
            }

            using var again = added.Decrypt([FormatTests.Key]);
            Assert.Equal("x", again.GetString("added"));
        });

    private static IEnumerable<(string, string)> Leaves(SopsDocument document) =>
        SopsPath.Names(document.Root).Select(name => (name, SopsPath.Find(document.Root, name) is SopsLeaf leaf ? leaf.Text : ""));
}
