using Hale.Activator.Machine;
using Hale.Activator.Plan;

namespace Hale.Activator.Health;

/// <summary>The states of all checked units, asked of systemd in one call however many checks look at them.</summary>
internal sealed class UnitWatch(ISystemd systemd, TimeProvider clock, IReadOnlyList<string> units) : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(0.15);
    private readonly SemaphoreSlim _gate = new(1);
    private IReadOnlyDictionary<string, UnitState>? _states;
    private long _asked;

    internal async Task<UnitState> StateAsync(string unit)
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_states is null || clock.GetElapsedTime(_asked) > Fresh)
            {
                _states = systemd.States(units);
                _asked = clock.GetTimestamp();
            }

            return _states.GetValueOrDefault(unit, UnitState.Unknown);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();
}
