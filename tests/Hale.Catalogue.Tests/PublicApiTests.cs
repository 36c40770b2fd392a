using Hale.Catalogue.Tests.Api;

namespace Hale.Catalogue.Tests;

/// <summary>The public surface that a fleet.cs and other people's modules are written against. A change shows in review.</summary>
public sealed class PublicApiTests
{
    [Fact]
    public void The_public_api_of_the_core_is_this() => Golden.Matches("api-Hale.txt", PublicApi.Of(typeof(Fleet).Assembly));

    [Fact]
    public void The_public_api_of_the_catalogue_is_this() => Golden.Matches("api-Hale.Catalogue.txt", PublicApi.Of(typeof(Caddy).Assembly));
}
