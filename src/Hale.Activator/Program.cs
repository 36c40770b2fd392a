using System.Runtime.InteropServices;
using System.Text.Json;
using Hale.Activator.Commands;

// The reader of JSON takes eight milliseconds to be ready, and every verb reads some: it gets ready while the rest begins.
_ = Task.Run(static () => JsonDocument.Parse("""{"a":"b"}""").Dispose());

// A deployment outlives the connection that began it.
using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, static signal => signal.Cancel = true);
await using var stdin = Console.OpenStandardInput();
await using var stdout = Console.OpenStandardOutput();
// Console.Error would ask about a terminal first.
await using var stderr = new StreamWriter(Console.OpenStandardError()) { AutoFlush = true };
return await ActivatorCommand.RunAsync(args, stdin, stdout, stderr).ConfigureAwait(false);
