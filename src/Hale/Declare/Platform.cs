namespace Hale.Declare;

/// <summary>The processor architectures that Hale deploys to.</summary>
public enum Platform
{
    /// <summary>64-bit x86; Debian's amd64.</summary>
    X64,

    /// <summary>64-bit ARM; Debian's arm64.</summary>
    Arm64,
}

/// <summary>Names of a platform in other vocabularies.</summary>
public static class PlatformNames
{
    /// <summary>Debian's name of the architecture: <c>amd64</c> or <c>arm64</c>.</summary>
    public static string Debian(this Platform platform) => platform == Platform.Arm64 ? "arm64" : "amd64";

    /// <summary>.NET's name of the architecture: <c>x64</c> or <c>arm64</c>.</summary>
    public static string Dotnet(this Platform platform) => platform == Platform.Arm64 ? "arm64" : "x64";
}
