namespace Hale.Catalogue.Tests;

/// <summary>The published examples, evaluated: what a reader copies works, and what it comes to can be read.</summary>
public sealed class ExampleTests
{
    public static TheoryData<string> Names => [.. Directory.GetDirectories(Repository.At("examples")).Select(folder => Path.GetFileName(folder)!).Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_example_evaluates_to_its_golden(string name)
    {
        var evaluation = Evaluator.Evaluate(await Example.LoadAsync(name));

        Assert.Empty(evaluation.Problems);
        Golden.Matches($"{name}.txt", string.Join('\n', evaluation.Plans.Select(PlanText.Render)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_example_has_no_problem_in_the_lab_and_evaluates_to_the_same_bytes_twice(string name)
    {
        var fleet = await Example.LoadAsync(name);
        var again = await Example.LoadAsync(name);

        Assert.Equal(
            Evaluator.Evaluate(fleet, inLab: true).Plans.Select(PlanText.Render),
            Evaluator.Evaluate(again, inLab: true).Plans.Select(PlanText.Render));
        Assert.NotEmpty(Evaluator.Evaluate(fleet, inLab: true).Plans);
    }
}
