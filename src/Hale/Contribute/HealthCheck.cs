using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Contribute;

/// <summary>What must answer before a deployment counts as done; where it does not, the machine goes back by itself.</summary>
public abstract record HealthCheck : Contribution
{
    private protected HealthCheck(string name, string unit) => (Name, Unit) = (name, unit);

    /// <summary>What people call it: <c>Synapse answers</c>.</summary>
    public string Name { get; }

    /// <summary>The unit that it speaks for; its journal explains a failure.</summary>
    public string Unit { get; }

    /// <summary>How long it may take until the first pass.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long between two tries.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(0.2);

    /// <summary>Whether a deployment without it has failed. What is only wanted is told of and changes nothing.</summary>
    public bool Required { get; init; } = true;

    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host)
    {
        if (Limit < TimeSpan.FromSeconds(1) || Limit > TimeSpan.FromHours(1))
            yield return new Problem($"The health check \"{Name}\" has a limit of {Limit.TotalSeconds:0.###} s.", "Give it 1 second to 1 hour.") { Setting = nameof(Limit) };
        if (Interval < TimeSpan.FromSeconds(0.1) || Interval > Limit)
            yield return new Problem($"The health check \"{Name}\" tries every {Interval.TotalSeconds:0.###} s.", "Give it 0.1 seconds to its limit.") { Setting = nameof(Interval) };
    }
}

/// <summary>The unit is active.</summary>
public sealed record UnitCheck(string Label, string UnitName) : HealthCheck(Label, UnitName);

/// <summary>Something listens at <paramref name="Address"/> (<c>host:port</c>).</summary>
public sealed record TcpCheck(string Label, string UnitName, string Address) : HealthCheck(Label, UnitName);

/// <summary>
/// A command ends well, run by root on the machine: <c>new CommandCheck("PostgreSQL answers", "postgresql.service", $"{root}/usr/bin/pg_isready")</c>
/// </summary>
/// <param name="Label">What people call it.</param>
/// <param name="UnitName">The unit that it speaks for.</param>
/// <param name="Command">What to run, for a POSIX shell. One try may take 10 seconds.</param>
public sealed record CommandCheck(string Label, string UnitName, Text Command) : HealthCheck(Label, UnitName)
{
    /// <summary>The command as a file of the store.</summary>
    public TextFile Script => new($"check-{string.Concat(Label.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-'))}", $"#!/bin/sh\n{Command}\n") { Executable = true };
}

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
