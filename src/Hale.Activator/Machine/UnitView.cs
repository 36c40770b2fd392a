using Hale.Activator.Plan;

namespace Hale.Activator.Machine;

/// <summary>What systemd has said of one unit so far.</summary>
internal sealed class UnitView
{
    private string _type = "";
    private string _result = "success";
    private string _reloadResult = "success";
    private string _invocation = "";
    private int _restarts;
    private bool _frozen;
    private bool _stale;
    private bool _tested;
    private bool _held = true;
    private long? _entered;
    private long? _executed;

    internal string Active { get; set; } = UnitState.Unknown.Active;

    internal string Sub { get; set; } = "";

    internal bool Queued { get; set; }

    /// <summary>Its object.</summary>
    internal string Path { get; set; } = "";

    /// <summary>Every name that it has; none where systemd knows no such unit.</summary>
    internal IReadOnlyList<string> Names { get; set; } = [];

    /// <summary>The file that it was read from; empty for none.</summary>
    internal string File { get; set; } = "";

    /// <summary>The file that a generator made that one from; empty for none.</summary>
    internal string Source { get; private set; } = "";

    internal IReadOnlyList<string> DropIns { get; set; } = [];

    internal UnitState State() => new(
        Active, Sub, _type, _result, _tested && !_held, Queued, _restarts, _invocation, _reloadResult, _stale, _frozen, _executed ?? _entered);

    /// <summary>Takes over all that a unit tells of itself; an error tells nothing.</summary>
    internal void TakeAll(BusReply reply)
    {
        if (reply.Error is not null)
            return;
        var reader = new BusReader(reply.Body);
        for (var end = reader.Array(8); reader.At < end;)
        {
            reader.Align(8);
            var (property, type) = (reader.Text(), reader.Signature());
            if (!Take(property, ref reader))
                reader.Skip(type);
        }
    }

    /// <summary>Takes over one property; an error tells nothing.</summary>
    internal void Take(string property, BusReply reply)
    {
        if (reply.Error is not null)
            return;
        var reader = UnitStates.Value(reply.Body);
        Take(property, ref reader);
    }

    private bool Take(string property, ref BusReader reader)
    {
        switch (property)
        {
            case "Names":
                Names = reader.Texts();
                break;
            case "ActiveState":
                Active = reader.Text();
                break;
            case "SubState":
                Sub = reader.Text();
                break;
            case "FreezerState":
                // Also on its way there.
                _frozen = reader.Text().StartsWith("fr", StringComparison.Ordinal);
                break;
            case "NeedDaemonReload":
                _stale = reader.Flag();
                break;
            case "InvocationID":
                _invocation = Convert.ToHexStringLower(reader.Bytes());
                break;
            case "ConditionResult":
                _held = reader.Flag();
                break;
            case "ConditionTimestampMonotonic":
                _tested = reader.Long() != 0;
                break;
            case "ActiveEnterTimestamp":
                _entered = Seconds(reader.Long());
                break;
            case "ExecMainStartTimestamp":
                _executed = Seconds(reader.Long());
                break;
            case "FragmentPath":
                File = reader.Text();
                break;
            case "SourcePath":
                Source = reader.Text();
                break;
            case "DropInPaths":
                DropIns = reader.Texts();
                break;
            case "Job":
                reader.Align(8);
                Queued = reader.Number() != 0;
                reader.Skip("o");
                break;
            case "Type":
                _type = reader.Text();
                break;
            case "Result":
                _result = reader.Text();
                break;
            case "ReloadResult":
                _reloadResult = reader.Text();
                break;
            case "NRestarts":
                _restarts = (int)reader.Number();
                break;
            default:
                return false;
        }

        return true;
    }

    /// <summary>Of microseconds after the epoch; null for never.</summary>
    private static long? Seconds(ulong time) => time > 0 ? (long)(time / 1_000_000) : null;
}
