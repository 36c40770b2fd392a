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
        // M of i.f at /a, serial 7, with the text x and the list of y and z.
        var written = new BusWriter();
        BusMessage.Write(written, new BusCall("/a", "i.f", "M", ["x"], ["y", "z"]), serial: 7);

        Assert.Equal(
            """
            6c0100011a000000070000003900000001016f00020000002f610000000000000201730003000000692e6600000000000301730001000000
            4d000000000000000801670003736173000000000000000001000000780000000e0000000100000079000000010000007a00
            """.ReplaceLineEndings(""),
            Convert.ToHexStringLower(written.Written));
        Assert.Equal(written.Count, BusMessage.Length(written.Written));
    }

    [Fact]
    public void An_answer_is_read_whatever_else_is_in_it()
    {
        // a{sv}: N is 9, C an array of one structure, A the text "on".
        var reader = new BusReader(Convert.FromHexString(
            """
            5300000000000000010000004e00017400000000000000000900000000000000010000004300056128737329000000000e00000000000000
            01000000610000000100000062000000010000004100017300000000020000006f6e00
            """.ReplaceLineEndings("")));
        var read = new List<string>();
        for (var end = reader.Array(8); reader.At < end;)
        {
            reader.Align(8);
            var (name, type) = (reader.Text(), reader.Signature());
            read.Add($"{name} {type}");
            if (name == "A")
                read.Add(reader.Text());
            else
                reader.Skip(type);
        }

        Assert.Equal(["N t", "C a(ss)", "A s", "on"], read);
    }

    [Fact]
    public void What_is_no_message_is_refused() =>
        Assert.Throws<InvalidDataException>(() => BusMessage.Length("B\u0002\0\u0001\0\0\0\0\0\0\0\0\0\0\0\0"u8));
}
