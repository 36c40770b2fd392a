using System.CommandLine;
using Hale.Operator.Build;
using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store.Local;

namespace Hale.Operator;

/// <summary>What a verb that builds needs: the store, a builder, and someone who tells what happens. Closed before results are written.</summary>
public sealed class Workshop : IAsyncDisposable
{
    private readonly OpenReporter reporter;

    private Workshop(LocalStore store, Builder builder, OpenReporter reporter) =>
        (Store, Builder, this.reporter) = (store, builder, reporter);

    /// <summary>The store of this computer.</summary>
    public LocalStore Store { get; }

    /// <summary>Builds into it.</summary>
    public Builder Builder { get; }

    /// <summary>Who hears of the work.</summary>
    public IReporter Reporter => reporter;

    /// <summary>Opens it as the command's options say.</summary>
    /// <param name="context">What the verb is made with.</param>
    /// <param name="parsed">The arguments.</param>
    /// <param name="plans">What will be built.</param>
    /// <param name="lockFile">The lock to use instead of the one beside fleet.cs; null for that one.</param>
    /// <exception cref="Hale.Store.UserError">An override is not understood.</exception>
    public static Workshop Open(VerbContext context, ParseResult parsed, IReadOnlyList<HostPlan> plans, string? lockFile = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(parsed);
        var surroundings = context.Surroundings;
        var overrides = Overrides.Parse(parsed.GetValue(context.Options.Override) ?? [], surroundings.WorkingDirectory);
        overrides.RequireUsed(plans);
        var reporter = Reporters.For(context, parsed);
        var store = LocalStore.Open(surroundings.CacheFolder);
        var options = new BuildOptions
        {
            FleetFolder = context.FleetFolder,
            LockFile = lockFile,
            SourceFolder = surroundings.SourceFolder,
            Overrides = overrides,
            Locked = parsed.GetValue(context.Options.Locked),
        };
        return new Workshop(store, new Builder(store, options, reporter, surroundings.Time), reporter);
    }

    /// <summary>Leaves the terminal to a question.</summary>
    internal ValueTask PauseAsync() => reporter.PauseAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await reporter.DisposeAsync().ConfigureAwait(false);
        Builder.Dispose();
        Store.Dispose();
    }
}
