using Hale.Catalogue.Tests;
using Hale.Declare;

namespace Lab.Tests.Ohana;

/// <summary>examples/ohana on a booted machine.</summary>
public sealed class OhanaFixture() : ExampleFixture("ohana")
{
    /// <summary>The example itself, for a test to add to.</summary>
    public static Task<Fleet> DeclareAsync() => Example.LoadAsync("ohana");
}

[CollectionDefinition(Name)]
public sealed class OhanaMachine : ICollectionFixture<OhanaFixture>
{
    public const string Name = "ohana";
}
