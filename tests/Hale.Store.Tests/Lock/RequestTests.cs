using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hale.Store.Debian;
using Hale.Store.Dotnet;
using Hale.Store.Download;
using Hale.Store.Lock;
using Hale.Store.Npm;

namespace Hale.Store.Tests.Lock;

/// <summary>Whether a lock fits is asked with requests that are written in another way than those that are locked.</summary>
public sealed class RequestTests
{
    private static readonly DebianRequest Debian = new()
    {
        Packages = [new("caddy"), new("libnss3-tools", "sid")],
        Suites = ["sid", "trixie"],
        Architecture = "amd64",
        Exclude = ["<adduser>"],
        Complete = true,
    };

    [Fact]
    public void A_request_for_packages_is_compared_as_it_was_locked() => Compared(
        Debian, Debian with { Exclude = [] }, DebianLockJson.Default.DebianRequest, DebianLockJson.Write);

    [Fact]
    public void A_request_that_leaves_out_what_it_may_is_compared_as_it_was_locked() => Compared(
        new DebianRequest { Packages = [new("caddy")], Suites = [], Architecture = "arm64" }, Debian, DebianLockJson.Default.DebianRequest, DebianLockJson.Write);

    [Fact]
    public void A_request_for_the_runtime_is_compared_as_it_was_locked() => Compared(
        new DotnetRequest { Architecture = "amd64" }, new DotnetRequest { Architecture = "arm64" }, DotnetLockJson.Default.DotnetRequest, DotnetLockJson.Write);

    [Fact]
    public void A_request_for_a_download_is_compared_as_it_was_locked() => Compared(
        new DownloadRequest { Url = "https://example.org/ä?a=1&b=2" }, new DownloadRequest { Url = "https://example.org/ä?a=1&b=2", Version = "1" },
        DownloadLockJson.Default.DownloadRequest, DownloadLockJson.Write);

    [Fact]
    public void A_request_for_a_package_of_npm_is_compared_as_it_was_locked() => Compared(
        new NpmRequest { Name = "@matrix-org/olm", Version = "3.2.15" }, new NpmRequest { Name = "@matrix-org/olm", Version = "3.2.16" },
        NpmLockJson.Default.NpmRequest, NpmLockJson.Write);

    private static void Compared<T>(T request, T other, JsonTypeInfo<T> type, Action<Utf8JsonWriter, T> write)
    {
        var locked = LockFile.Empty.With("kind/name/amd64", request, new TestContent([]), type, TestJson.Default.TestContent);
        Assert.Equal(LockState.Current, locked.StateOf("kind/name/amd64", writer => write(writer, request)));
        Assert.Equal(LockState.Stale, locked.StateOf("kind/name/amd64", writer => write(writer, other)));
        Assert.Equal(LockState.Missing, locked.StateOf("kind/other/amd64", writer => write(writer, request)));
    }
}
