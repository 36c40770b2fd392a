using System.Text;
using CallTokens.Names;

namespace CallTokens.Tests;

/// <summary>The hashes that all implementations must agree on.</summary>
public sealed class NameTests
{
    [Fact]
    public void Rooms_and_identities_have_the_published_hashes()
    {
        Assert.Equal("O8437W3+jmzMVjoIP3tNwbm+XxHQk2iKpOA7aqw3qSc", CallNames.Room("!roomid:example.com", "slot1234"));
        Assert.Equal("J+T45tGruxc+HrUOqJJlyQSV33m728Cme4+vt8/SWrU", CallNames.Identity("@alice:example.com", "DEVICE123", "memberABC"));
    }

    [Theory]
    [InlineData("plain+sign/é日本😀", "plain+sign/é日本😀")]
    [InlineData("<a href='x'>&</a>", @"\u003ca href='x'\u003e\u0026\u003c/a\u003e")]
    [InlineData("quote \" back \\ slash /", "quote \\\" back \\\\ slash /")]
    [InlineData("\u2028\u2029", @"\u2028\u2029")]
    [InlineData("\b\f\n\r\t\0\u001f\u007f", "\\b\\f\\n\\r\\t\\u0000\\u001f\u007f")]
    [InlineData("\u00a0\ufeff\uffff", "\u00a0\ufeff\uffff")]
    public void Strings_are_escaped_as_Go_does(string text, string escaped) =>
        Assert.Equal($"[\"{escaped}\"]", Encoding.UTF8.GetString(GoJson.Array(text)));

    [Fact]
    public void Half_a_surrogate_pair_becomes_the_replacement_character() =>
        Assert.Equal("[\"a\ufffdb\ufffd\",\"\ufffd😀\"]", Encoding.UTF8.GetString(GoJson.Array("a\ud800b\udfff", "\ud83d\ud83d\ude00")));
}
