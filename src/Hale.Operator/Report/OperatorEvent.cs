using System.Text.Json.Serialization;
using Hale.Store.Closure;

namespace Hale.Operator.Report;

/// <summary>
/// Something that a running command has to tell. The same events make the live view, the plain lines and the JSON lines of
/// <c>--json</c>, where <c>event</c> names the kind; the machine's own events pass through as they are.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(WorkBegan), "began")]
[JsonDerivedType(typeof(WorkAdvanced), "advanced")]
[JsonDerivedType(typeof(WorkEnded), "ended")]
[JsonDerivedType(typeof(WorkStopped), "stopped")]
[JsonDerivedType(typeof(Said), "said")]
[JsonDerivedType(typeof(Warned), "warned")]
public abstract record OperatorEvent;

/// <summary>A piece of work has begun.</summary>
/// <param name="Work">What, unique among what runs at one time: <c>build caddy</c>.</param>
/// <param name="Total">Its size in bytes, where it is known; 0 otherwise.</param>
public sealed record WorkBegan(string Work, long Total = 0) : OperatorEvent;

/// <summary>A piece of work goes on.</summary>
/// <param name="Work">What.</param>
/// <param name="Done">Bytes done so far.</param>
/// <param name="Total">Bytes in all; 0 where not known.</param>
/// <param name="Detail">What it does at this moment; empty for nothing worth telling.</param>
public sealed record WorkAdvanced(string Work, long Done, long Total, string Detail = "") : OperatorEvent;

/// <summary>A piece of work has ended.</summary>
/// <param name="Work">What.</param>
/// <param name="Succeeded">Whether it ended well; where not, an error follows.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Detail">What came of it, in few words.</param>
public sealed record WorkEnded(string Work, bool Succeeded, double Seconds, string Detail = "") : OperatorEvent;

/// <summary>A piece of work was stopped, because something else failed or a person ended the command.</summary>
/// <param name="Work">What.</param>
public sealed record WorkStopped(string Work) : OperatorEvent;

/// <summary>One line that a person should read.</summary>
/// <param name="Text">The line.</param>
public sealed record Said(string Text) : OperatorEvent;

/// <summary>Something that a person should know that stops nothing.</summary>
/// <param name="Text">What.</param>
/// <param name="Hint">What to do; empty for nothing.</param>
public sealed record Warned(string Text, string Hint = "") : OperatorEvent;

/// <summary>An event of the machine.</summary>
/// <param name="Host">The host's name.</param>
/// <param name="Event">The event.</param>
public sealed record FromMachine(string Host, ActivationEvent Event) : OperatorEvent;

/// <summary>An event of one of several hosts that are worked on at the same time; as JSON it is the event itself, with the host's name.</summary>
/// <param name="Host">The host's name.</param>
/// <param name="Event">The event.</param>
public sealed record OfHost(string Host, OperatorEvent Event) : OperatorEvent;
