using Hale.Operator;

namespace Hale.Lab.Commands;

/// <summary>The verbs that the lab adds to the command line. The operator finds this type when Hale.Lab lies beside it.</summary>
public sealed class LabVerbs : IVerbProvider
{
    /// <inheritdoc/>
    public IEnumerable<Verb> Verbs(VerbContext context) => [TryVerb.Create(context)];
}
