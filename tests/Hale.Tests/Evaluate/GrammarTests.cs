using Hale.Evaluate;

namespace Hale.Tests.Evaluate;

public sealed class GrammarTests
{
    [Theory]
    [InlineData("a.service")]
    [InlineData("getty@tty1.service")]
    [InlineData("getty@.service")]
    [InlineData("dev-disk\\x2duuid.mount")]
    [InlineData("a.b.timer")]
    public void Is_a_unit(string name) => Assert.True(Grammar.IsUnit(name));

    [Theory]
    [InlineData("")]
    [InlineData(".service")]
    [InlineData("@a.service")]
    [InlineData("a@b@c.service")]
    [InlineData("a b.service")]
    [InlineData("a.service\n")]
    [InlineData("a.device")]
    [InlineData("service")]
    [InlineData("ä.service")]
    public void Is_no_unit(string name) => Assert.False(Grammar.IsUnit(name));

    [Fact]
    public void A_unit_has_less_than_256_characters()
    {
        Assert.True(Grammar.IsUnit($"{new string('a', 247)}.service"));
        Assert.False(Grammar.IsUnit($"{new string('a', 248)}.service"));
    }

    [Theory]
    [InlineData("_caddy", true)]
    [InlineData("a0-_", true)]
    [InlineData("abcdefghijabcdefghijabcdefghija", true)]
    [InlineData("abcdefghijabcdefghijabcdefghijab", false)]
    [InlineData("", false)]
    [InlineData("0a", false)]
    [InlineData("-a", false)]
    [InlineData("A", false)]
    [InlineData("a\n", false)]
    public void Accounts(string name, bool valid) => Assert.Equal(valid, Grammar.IsAccount(name));

    [Theory]
    [InlineData("a", true)]
    [InlineData("matrix/admin_password", true)]
    [InlineData("A.b-c/0", true)]
    [InlineData("", false)]
    [InlineData("/a", false)]
    [InlineData("a//b", false)]
    [InlineData("a/", false)]
    [InlineData("a b", false)]
    public void Names_of_parts(string name, bool valid) => Assert.Equal(valid, Grammar.IsPathOfParts(name));

    [Theory]
    [InlineData("0400", true)]
    [InlineData("640", true)]
    [InlineData("0660", true)]
    [InlineData("0444", false)]
    [InlineData("1400", false)]
    [InlineData("0800", false)]
    [InlineData("00", false)]
    [InlineData("00400", false)]
    public void Modes_that_give_others_nothing(string mode, bool valid) => Assert.Equal(valid, Grammar.IsPrivateMode(mode));

    [Theory]
    [InlineData("synapse", true)]
    [InlineData("0.a_b-c", true)]
    [InlineData("", false)]
    [InlineData(".a", false)]
    [InlineData("A", false)]
    [InlineData("aB", false)]
    [InlineData("a/b", false)]
    public void Names_of_state(string name, bool valid)
    {
        Assert.Equal(valid, Grammar.IsStateName(name));
        Assert.False(Grammar.IsStateName(name.PadRight(65, 'a')));
    }

    [Theory]
    [InlineData("17", true)]
    [InlineData("1:1.150.0-1+b1~rc", true)]
    [InlineData("", false)]
    [InlineData("v1", false)]
    [InlineData("1 2", false)]
    public void Versions(string text, bool valid) => Assert.Equal(valid, Grammar.IsVersion(text));
}
