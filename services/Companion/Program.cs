using System.Runtime.InteropServices;
using Companion.Account;
using Companion.Hosting;
using Companion.Matrix;
using Companion.Settings;
using Microsoft.Extensions.Logging;
using ServiceHost;

if (args is ["account"])
    return await AccountProgram.RunAsync();
if (ServiceProgram.Settings(SettingsReading.Read) is not { } settings)
    return 1;
using var loggers = LoggerFactory.Create(ServiceProgram.Log);
using var manager = new ServiceManager(Environment.GetEnvironmentVariable);
using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    manager.Stopping();
    stop.Cancel();
}

using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
try
{
    await CompanionService.RunAsync(
        settings, () => manager.Ready($"{settings.Matrix.UserId}, with {settings.Claude.Model}"), TimeProvider.System, loggers, stop.Token);
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}
catch (Exception error) when (error is SettingsException or MatrixException or IOException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
