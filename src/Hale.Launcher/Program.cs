// The program behind the script `hale`: finds the fleet, compiles it when it changed, and runs it in this process.

using System.Security.Cryptography;
using Hale.Launcher.Compile;
using Hale.Launcher.Find;
using Hale.Launcher.Load;
using Hale.Operator;
using Hale.Operator.Diagnose;
using Hale.Store;
using Hale.Store.Closure;

// Keys of compiled fleets and placeholders of store paths are SHA-256, from OpenSSL, which takes longer to load than they take: it loads beside the rest.
_ = Task.Run(() => SHA256.HashData([]));
var surroundings = Surroundings.OfProcess();
var completing = args is [['[', ..], ..];
try
{
    if (args.Length == 0 || args[0] is "completion" or "help" || args.Any(arg => arg is "-h" or "-?" or "--help" or "--version"))
        return await HaleCommand.RunWithoutFleetAsync(args, new UserError("No fleet was read.", ""), surroundings);

    string file;
    try
    {
        file = FleetFinder.Find(
            args, Environment.GetEnvironmentVariable("HALE_FLEET"), surroundings.WorkingDirectory, surroundings.SourceFolder);
    }
    catch (UserError noFleet)
    {
        return await HaleCommand.RunWithoutFleetAsync(args, noFleet, surroundings);
    }
    if (HaleCommand.NeedsNoDeclaration(args))
        return await HaleCommand.RunWithoutFleetAsync(args, new UserError("No fleet was read.", ""), surroundings, file);
    var sources = FleetSources.Read(file);
    var program = new CompiledFleets(Path.Combine(surroundings.CacheFolder, "fleets")).Program(sources, surroundings);
    return FleetProgram.Run(program, sources, args);
}
catch (Exception) when (completing)
{
    // The verbs can be completed while the fleet is broken; why it is broken is told by the command itself.
    return await HaleCommand.RunWithoutFleetAsync(args, new UserError("No fleet was read.", ""), surroundings);
}
catch (RefusedException refused)
{
    if (args.Contains("--json"))
        surroundings.Out.WriteLine(DiagnosticJson.Document(refused.Diagnostics));
    else
        DiagnosticText.Write(refused.Diagnostics, refused.Sources, surroundings);
    return Outcome.Refused.ExitCode();
}
catch (UserError error)
{
    var diagnostic = new Diagnostic(error.Message) { Hint = error.Hint };
    if (args.Contains("--json"))
        surroundings.Out.WriteLine(DiagnosticJson.Document([diagnostic]));
    else
        DiagnosticText.Write([diagnostic], new SourceText(), surroundings);
    return error.ExitCode;
}
