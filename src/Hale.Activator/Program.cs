using System.Runtime.InteropServices;
using Hale.Activator.Commands;

// A deployment outlives the connection that began it.
using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, static signal => signal.Cancel = true);
await using var stdin = Console.OpenStandardInput();
await using var stdout = Console.OpenStandardOutput();
return await ActivatorCommand.RunAsync(args, stdin, stdout, Console.Error).ConfigureAwait(false);
