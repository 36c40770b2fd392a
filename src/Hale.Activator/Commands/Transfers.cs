using System.Text;
using Hale.Activator.Garbage;
using Hale.Activator.Machine;
using Hale.Store;
using Hale.Store.Closure;
using Hale.Store.Paths;
using Hale.Store.Transfer;

namespace Hale.Activator.Commands;

/// <summary>
/// The machine's side of sending store paths: what is missing, and taking it in. No deployment lock: it only adds, and what it
/// adds nothing uses yet.
/// </summary>
internal static class Transfers
{
    /// <summary>Answers store paths, one a line, with those that are not here, in plain text and in their order.</summary>
    internal static int Missing(MachineFiles files, Stream input, Stream output)
    {
        using var reader = new StreamReader(input, Encoding.UTF8, leaveOpen: true);
        var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (lines.Where(line => !StorePath.TryParse(line, out _)).ToList() is { Count: > 0 } wrong)
            throw new UserError($"No store paths: {string.Join(", ", wrong)}", "Standard input takes store paths, one a line.");
        var (store, asked) = (files.Store(), lines.Select(StorePath.Parse).ToList());
        // What is here now must be here still when the system is activated.
        using var use = store.Use();
        Wanted.Note(files, asked);
        foreach (var path in store.Missing(asked))
            output.Write(Encoding.UTF8.GetBytes($"{path}\n"));
        return 0;
    }

    internal static int Receive(ActivationContext context, Stream input, bool replace)
    {
        var before = 0L;
        var received = context.Files.Store().Receive(input, progress =>
        {
            context.Report(new ReceivedEvent(progress.Path.ToString(), progress.Bytes - before));
            before = progress.Bytes;
        }, replace);
        context.Report(context.Result(received.Count > 0 ? Outcome.Done : Outcome.Nothing));
        return 0;
    }
}
