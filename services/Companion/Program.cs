using Companion.Account;
using Companion.Hosting;
using Companion.Matrix;
using Companion.Settings;
using ServiceHost;

if (args is ["account"])
    return await AccountProgram.RunAsync();
if (ServiceProgram.Settings(SettingsReading.Read) is not { } settings)
    return 1;
using var loggers = JournalLog.OfThisProcess();
using var manager = new ServiceManager(Environment.GetEnvironmentVariable);
using var order = new StopOrder(manager);
try
{
    await CompanionService.RunAsync(
        settings, () => manager.Ready($"{settings.Matrix.UserId}, with {settings.Claude.Model}"), TimeProvider.System, loggers, order.Token);
    return 0;
}
catch (OperationCanceledException) when (order.Token.IsCancellationRequested)
{
    return 0;
}
catch (Exception error) when (error is SettingsException or MatrixException or IOException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
