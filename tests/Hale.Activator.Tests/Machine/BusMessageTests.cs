using System.Text;
using Hale.Activator.Machine;

namespace Hale.Activator.Tests.Machine;

/// <summary>What is said to systemd and what it answers, as bytes: D-Bus Specification, "Message Protocol". The real one is asked by tests/Lab.Tests.</summary>
public sealed class BusMessageTests
{
    [Theory]
    [InlineData("a.service", "a_2eservice")]
    [InlineData("0a-1@b\\x2d.timer", "_30a_2d1_40b_5cx2d_2etimer")]
    public void A_units_object_is_named_after_it(string unit, string label) => Assert.Equal(label, UnitStates.Label(unit));

    [Fact]
    public void A_call_is_written_as_the_specification_has_it()
    {
        var bytes = new List<byte>();
        BusMessage.Write(bytes, new BusCall("/a", "i.f", "M", ["x"], ["y", "z"]), serial: 7);

        Assert.Equal(
            """
            l<1><0><1>(<0><0><0><7><0><0><0>D<0><0><0><1><1>o<0><2><0><0><0>/a<0><0><0><0><0><0><2><1>s<0><3><0><0><0>i.f<0><0><0><0><0>
            <3><1>s<0><1><0><0><0>M<0><0><0><0><0><0><0><8><1>g<0><3>sas<0><0><0><0>
            <1><0><0><0>x<0><0><0>
            """.ReplaceLineEndings(""),
            Shown(bytes)[..Shown(bytes).IndexOf("x<0><0><0>", StringComparison.Ordinal)] + "x<0><0><0>");
        Assert.Equal(bytes.Count, BusMessage.Length(bytes.ToArray()));
    }

    [Fact]
    public void An_answer_is_read_whatever_else_is_in_it()
    {
        // a{sv}: a number, an array of structures, and what is looked for.
        byte[] body = [44, 0, 0, 0, 0, 0, 0, 0, .. Text("N"), 0, 0, 1, (byte)'t', 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, .. Text("A"), 0, 0, 1, (byte)'s', 0, 0, 0, 0, .. Text("on")];
        var reader = new BusReader(body);
        var end = reader.Array(8);
        reader.Align(8);
        Assert.Equal("N", reader.Text());
        reader.Skip(reader.Signature());
        reader.Align(8);
        Assert.Equal("A", reader.Text());
        Assert.Equal("s", reader.Signature());
        Assert.Equal("on", reader.Text());
        Assert.True(reader.At >= end);
    }

    private static byte[] Text(string text) => [(byte)text.Length, 0, 0, 0, .. Encoding.ASCII.GetBytes(text), 0];

    private static string Shown(IEnumerable<byte> bytes) =>
        string.Concat(bytes.Select(b => b is > 32 and < 127 ? $"{(char)b}" : $"<{b}>"));
}
