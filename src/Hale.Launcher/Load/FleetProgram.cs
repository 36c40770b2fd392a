using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Hale.Launcher.Find;
using Hale.Operator;
using Hale.Operator.Diagnose;

namespace Hale.Launcher.Load;

/// <summary>Loads a compiled fleet into this process and runs it.</summary>
internal static partial class FleetProgram
{
    /// <summary>What to write where a fleet.cs does not run its fleet.</summary>
    public const string LastLine = "Let its last line be: return await HaleCommand.RunAsync(args, fleet);";

    /// <summary>Runs the program; its exit code.</summary>
    /// <exception cref="RefusedException">The declaration itself threw, or it is no command because nothing returns an exit code.</exception>
    public static int Run(string program, FleetSources sources, string[] args)
    {
        var context = new FleetLoadContext(program);
        var entry = context.LoadFromAssemblyPath(program).EntryPoint!;
        // Without an exit code a refused deployment would look like a done one to a script, and without await it would be cut short.
        if (entry.ReturnType != typeof(int))
            throw new RefusedException([new Diagnostic("The program ends without an exit code, so nothing of its fleet was run.") { File = sources.File, Hint = LastLine }], new SourceText());
        try
        {
            object?[] parameters = entry.GetParameters().Length == 0 ? [] : [args];
            return entry.Invoke(null, BindingFlags.DoNotWrapExceptions, null, parameters, CultureInfo.InvariantCulture) is int exit ? exit
                : 0;
        }
        catch (Exception error)
        {
            var text = new SourceText();
            throw new RefusedException(
                [Describe(error is TypeInitializationException { InnerException: { } inner } ? inner : error, sources, text)], text);
        }
    }

    /// <summary>The message, and the line of the fleet that it came from: what a stack trace is for.</summary>
    private static Diagnostic Describe(Exception error, FleetSources sources, SourceText text)
    {
        var kind = error is ArgumentException ? "" : $"{error.GetType().Name}: ";
        var message = ParameterName().Replace(error.Message, "").ReplaceLineEndings(" ").Trim();
        var frame = new StackTrace(error, fNeedFileInfo: true).GetFrames().FirstOrDefault(
            frame => sources.Files.Contains(frame.GetFileName()));
        if (frame?.GetFileName() is not { } file)
            return new Diagnostic($"The fleet failed while it was declared: {kind}{message}") { File = sources.File };
        var line = frame.GetFileLineNumber();
        if (error is ArgumentOutOfRangeException { ActualValue: { } value })
            // A declaration is one long statement, and the runtime knows where it begins: the value leads to the line.
            line = text.FindValue(file, line, Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
        return new Diagnostic($"{kind}{message}") { File = file, Line = line };
    }

    [GeneratedRegex(@" \(Parameter '[^']*'\)")]
    private static partial Regex ParameterName();
}
