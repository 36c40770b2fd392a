using System.Diagnostics.CodeAnalysis;

namespace Hale.Lab;

/// <summary>
/// A machine is not as it should be: a unit failed, a command ended with the wrong exit code, a port never opened.
/// This is a finding about what runs on the machine; trouble with the lab or with the script is a <see cref="LabException"/>.
/// </summary>
/// <param name="message">What was expected, what was found, and the command's output or the unit's journal.</param>
[SuppressMessage("Design", "CA1032", Justification = "An error without a message says nothing.")]
public sealed class MachineAssertionException(string message) : Exception(message);

/// <summary>
/// The lab itself failed, or the script that drives it: a machine that does not boot, a connection that broke, a command sent to a
/// machine that is off. It says nothing about what runs on the machine.
/// </summary>
/// <param name="message">What failed, with the console's or the program's last words.</param>
/// <param name="innerException">What the system said, where it said something.</param>
[SuppressMessage("Design", "CA1032", Justification = "An error without a message says nothing.")]
public sealed class LabException(string message, Exception? innerException = null) : Exception(message, innerException);
