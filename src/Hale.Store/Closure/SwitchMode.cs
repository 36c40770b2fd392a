using System.Text.Json.Serialization;

namespace Hale.Store.Closure;

/// <summary>What of a machine changes now, and what at its next boot.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<SwitchMode>))]
public enum SwitchMode
{
    /// <summary>Both: the machine runs the new system, and boots it.</summary>
    Switch,

    /// <summary>Only what runs: the next boot comes up in the system before.</summary>
    Test,

    /// <summary>Only the next boot: what runs stays as it is.</summary>
    Boot,
}
