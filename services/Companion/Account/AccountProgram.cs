using Companion.Matrix;
using ServiceHost;

namespace Companion.Account;

/// <summary>The oneshot that runs before the assistant.</summary>
internal static class AccountProgram
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync()
    {
        if (ServiceProgram.Settings(AccountSettings.Read) is not { } settings)
            return 1;
        using var http = new HttpClient();
        using var stop = new CancellationTokenSource(Patience);
        try
        {
            Console.WriteLine(await new AccountMaker(settings, http, TimeProvider.System).RunAsync(stop.Token));
            return 0;
        }
        catch (Exception error) when (error is MatrixException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(error.Message);
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine($"The homeserver at {settings.HomeserverUrl} did not answer within {Patience.TotalMinutes:0} minutes.");
        }
        return 1;
    }
}
