namespace Hale.Lab;

/// <summary>How a run of the lab is set up; the defaults are right for tests and for <c>hale try</c>.</summary>
public sealed record LabOptions
{
    /// <summary>Where images, packages and the run's state lie.</summary>
    public LabPaths Paths { get; init; } = LabPaths.OfUser();

    /// <summary>Told, in one line each, of what takes long: the base image, a wait for another run.</summary>
    public Action<string> Report { get; init; } = static _ => { };

    /// <summary>
    /// Whether Ctrl-C, SIGTERM and SIGHUP tear the run down at once. A program that handles these signals itself, and disposes the run when it ends, says no.
    /// The end of the process tears it down in any case.
    /// </summary>
    public bool TearDownOnSignals { get; init; } = true;
}
