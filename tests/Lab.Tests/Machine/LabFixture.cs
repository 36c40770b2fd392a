using Hale.Lab;

namespace Lab.Tests;

/// <summary>The base image, made once for all tests, and one machine that tests share which leave it as it is.</summary>
public sealed class LabFixture : IAsyncLifetime
{
    private LabRun? run;
    private Hale.Lab.Machine? shared;

    public Hale.Lab.Machine Shared => shared ?? throw new InvalidOperationException("this computer has no lab");

    public async Task InitializeAsync()
    {
        if (new LabFactAttribute().Skip is not null) return;
        run = await StartAsync();
        shared = await run.BootAsync("shared");
        await shared.WaitForBootAsync();
    }

    public async Task DisposeAsync()
    {
        if (run is not null) await run.DisposeAsync();
    }

    /// <summary>A run of its own.</summary>
    public static Task<LabRun> StartAsync() => LabRun.StartAsync(new LabOptions { Report = Console.Error.WriteLine });
}

[CollectionDefinition(Name)]
public sealed class SharedLab : ICollectionFixture<LabFixture>
{
    public const string Name = "lab";
}
