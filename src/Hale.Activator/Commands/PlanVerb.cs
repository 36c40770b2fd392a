using Hale.Activator.Data;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Staging;
using Hale.Activator.Steps;
using Hale.Activator.Verify;
using Hale.Store.Closure;
using Hale.Store.Text;

namespace Hale.Activator.Commands;

/// <summary>The verb <c>plan</c>: what would be done, what is there before, what was changed by hand, and what would be refused. Touches nothing.</summary>
internal static class PlanVerb
{
    private const long LongestText = 64 << 10;
    private const long MostTexts = 4 << 20;

    internal static int Run(ActivationContext context, string from, DataChoices choices, Stream input)
    {
        using var read = new MemoryStream();
        using (var source = from == "-" ? input : File.OpenRead(from))
            source.CopyTo(read);
        var asked = PlanInput.Read(read.ToArray());
        var manifest = SystemClosure.Parse(asked.Manifest.ToArray(), from == "-" ? "standard input" : from);
        var old = Activation.Old(context);
        var (plan, unopened) = Foresight.Of(context, Planner.Plan(old?.Manifest, manifest), manifest, asked.Texts);
        // What is noted of data that an activation left half-way is nothing to judge by.
        var held = DataHold.Find(context.Files);
        if (held is null)
            plan = DataPlan.Of(context, old?.Manifest, manifest, choices).AddTo(plan, old?.Manifest, manifest);
        context.Report(new PlanEvent(plan));
        if (held is not null)
            context.Report(new WarningEvent($"Data are put right first: {held.Reason}"));
        context.Report(Before(context, old, manifest, plan));
        Drift.Look(context);
        foreach (var refusal in Precheck.OfMachine(context.Files, old?.Manifest, manifest).Concat(unopened))
            context.Report(new WarningEvent(refusal.Message, refusal.Hint));
        return 0;
    }

    private static BeforeEvent Before(ActivationContext context, SystemClosure? old, SystemManifest @new, ActivationPlan plan)
    {
        var current = context.Generations.Current();
        var states = plan.IsEmpty ? new Dictionary<string, UnitState>() : context.Systemd.States(UnitJobs.Asked(old?.Manifest, @new));
        return new BeforeEvent
        {
            System = SystemClosure.CurrentPath(context.Files),
            Generation = current?.Number,
            Revision = current?.Revision,
            Size = old is null ? 0 : SystemClosure.Size(context.Files, old.Path),
            Texts = old is null ? new SortedDictionary<string, string>() : Texts(context.Files, old.Manifest, @new),
            Interruption = Interruptions.Of(UnitJobs.Of(plan, @new, states), states),
        };
    }

    /// <summary>What the store holds for units and files that the new system has otherwise or not at all.</summary>
    private static SortedDictionary<string, string> Texts(MachineFiles files, SystemManifest old, SystemManifest @new)
    {
        var (texts, size) = (new SortedDictionary<string, string>(StringComparer.Ordinal), 0L);
        var kept = @new.Contents().ToHashSet();
        foreach (var (place, path) in old.Contents().Where(one => !kept.Contains(one)))
            foreach (var (part, text) in TextTree.Of(path, LongestText, files.At) ?? new Dictionary<string, string>())
                if ((size += text.Length) <= MostTexts)
                    texts[place + part] = text;
        return texts;
    }
}
