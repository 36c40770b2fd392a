using System.Runtime.CompilerServices;
using Hale.Secrets;

namespace Hale.Operator.Tests.Secrets;

/// <summary>What examples/ohana carries is real: it opens with the key of its owner, which is with the tests.</summary>
public sealed class ExampleTests
{
    [Fact]
    public void The_examples_secrets_open_with_its_owners_key()
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", ".."));
        var owner = AgeIdentity.ParseKeyFile(File.ReadAllText(Path.Combine(Path.GetDirectoryName(Here())!, "example-owner.txt")));
        var file = SopsFile.Read(Path.Combine(root, "examples", "ohana", "secrets", "ohana.yaml"));
        using var content = file.Decrypt(owner);

        Assert.Equal(["invite_code", "anthropic_api_key"], file.Names);
        Assert.Equal(SopsRules.Find(file.Name).For(file.Name).Recipients.Select(recipient => recipient.ToString()), file.Recipients);
        Assert.Matches("^[23456789abcdefghjkmnpqrstuvwxyz]{16}$", content.GetString("invite_code"));
    }

    private static string Here([CallerFilePath] string file = "") => file;
}
