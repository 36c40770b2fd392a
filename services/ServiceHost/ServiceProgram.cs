namespace ServiceHost;

/// <summary>The life of a service, from its settings to its end, as systemd expects it.</summary>
public static class ServiceProgram
{
    /// <summary>Reads the settings; where they are wrong, says everything that is on standard error.</summary>
    /// <returns>Null where the program should end with exit code 1.</returns>
    public static T? Settings<T>(Func<Func<string, string?>, T> read) where T : class
    {
        try
        {
            return read(Environment.GetEnvironmentVariable);
        }
        catch (SettingsException error)
        {
            foreach (var problem in error.Problems)
                Console.Error.WriteLine(problem);
            return null;
        }
    }

    /// <summary>Listens until systemd says stop.</summary>
    /// <param name="server">The service; it is disposed of.</param>
    /// <param name="listen">Its address, as <see cref="SettingsReader.Listen"/> gives it.</param>
    /// <param name="variable">Where the address comes from, for the message when it is taken.</param>
    /// <param name="status">What <c>systemctl status</c> shows of it.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(SmallServer server, string listen, string variable, string status)
    {
        using var manager = new ServiceManager(Environment.GetEnvironmentVariable);
        using var order = new StopOrder(manager);
        await using var disposed = server;
        try
        {
            UnixSocket.RemoveStale(listen);
            await server.StartAsync();
            UnixSocket.Open(listen);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            Console.Error.WriteLine($"Cannot listen on {listen}: {error.Message} Is something else there? Set {variable}.");
            return 1;
        }
        manager.Ready(status);
        await Task.Delay(Timeout.Infinite, order.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await server.StopAsync();
        return 0;
    }
}
