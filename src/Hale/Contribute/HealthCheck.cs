namespace Hale.Contribute;

/// <summary>What must answer before a deployment counts as done.</summary>
public abstract record HealthCheck : Contribution
{
    private protected HealthCheck(string name, string unit) => (Name, Unit) = (name, unit);

    /// <summary>What people call it: <c>Synapse answers</c>.</summary>
    public string Name { get; }

    /// <summary>The unit that it speaks for; its journal explains a failure.</summary>
    public string Unit { get; }

    /// <summary>How long it may take until the first pass.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>The unit is active.</summary>
public sealed record UnitCheck(string Label, string UnitName) : HealthCheck(Label, UnitName);

/// <summary>Something listens at <paramref name="Address"/> (<c>host:port</c>).</summary>
public sealed record TcpCheck(string Label, string UnitName, string Address) : HealthCheck(Label, UnitName);

/// <summary>A URL answers as it should, asked on the machine itself.</summary>
public sealed record HttpCheck(string Label, string UnitName, string Url) : HealthCheck(Label, UnitName)
{
    /// <summary>The Host header (and TLS name) to ask with, where it is not the URL's.</summary>
    public string HostHeader { get; init; } = "";

    /// <summary>The status that is right.</summary>
    public int Status { get; init; } = 200;

    /// <summary>Text that the answer must contain; empty asks for none.</summary>
    public string Contains { get; init; } = "";
}
