using Hale.Store.Closure;

namespace Hale.Operator.Verify;

/// <summary>Asks at a terminal what is to become of what was changed by hand.</summary>
internal static class DriftQuestion
{
    /// <returns>Null for neither.</returns>
    public static RepairWay? Ask(IPrompt prompt, IReadOnlyList<Finding> found)
    {
        var written = found.Count(one => one.IsContent);
        if (written == 0)
            return prompt.Confirm("Put it back as it was declared?") ? RepairWay.Overwrite : null;
        if (prompt.Confirm($"Keep {(written == 1 ? "a copy" : "copies")} of what was written by hand on the machine, in /var/lib/hale/aside, and put it back as it was declared?"))
            return RepairWay.Keep;
        return prompt.Confirm("Discard what was written by hand, and put it back?") ? RepairWay.Overwrite : null;
    }
}
