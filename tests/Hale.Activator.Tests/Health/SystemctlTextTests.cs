using Hale.Activator.Machine;

namespace Hale.Activator.Tests.Health;

/// <summary>What systemctl prints for people is read as it means it.</summary>
public sealed class SystemctlTextTests
{
    [Theory]
    [InlineData("1min 30s", 90.0)]
    [InlineData("5s", 5.0)]
    [InlineData("100ms", 0.1)]
    [InlineData("1.5s", 1.5)]
    [InlineData("1d 2h 3min", 93780.0)]
    [InlineData("2w", 1209600.0)]
    [InlineData("infinity", null)]
    [InlineData("584542y 2w 2d 20h 1min 49.551615s", null)]
    [InlineData("", null)]
    [InlineData("5 s", null)]
    [InlineData("-5s", null)]
    public void Spans_are_read_as_systemctl_writes_them(string text, double? seconds) => Assert.Equal(seconds, TimeText.Read(text)?.TotalSeconds);
}
