using System.Reflection;
using Module = Hale.Declare.Module;

namespace Hale.Catalogue.Tests;

/// <summary>What holds for every setting of every module of the catalogue.</summary>
public sealed class SettingTests
{
    public static TheoryData<Type> Modules =>
        [.. typeof(Caddy).Assembly.GetExportedTypes().Where(type => type.IsSubclassOf(typeof(Module))).OrderBy(type => type.Name, StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Modules))]
    public void Every_setting_remembers_that_it_was_set(Type type)
    {
        var settings = Settings(type).ToList();
        Assert.NotEmpty(settings);
        Assert.All(settings, setting =>
        {
            var set = (Module)Activator.CreateInstance(type)!;
            setting.SetValue(set, setting.GetValue(set));

            // Two of one module with a setting each join only where both settings are recorded; evaluation says which are not.
            var evaluation = Fleets.Evaluate(set, (Module)Activator.CreateInstance(type)!);
            Assert.DoesNotContain(evaluation.Problems, problem => problem.Message.Contains("does not remember", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void A_setting_that_forgets_is_found() =>
        Assert.Contains(
            Fleets.Evaluate(new Forgetful { Colour = "red" }, new Forgetful()).Problems,
            problem => problem.Message.StartsWith("Forgetful.Colour does not remember", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_module_can_be_made_without_a_setting_so_that_ranks_can_say_one_alone(Type type) =>
        Assert.NotNull(type.GetConstructor([]));

    [Theory]
    [MemberData(nameof(Modules))]
    public void What_the_lab_changes_is_the_module_itself(Type type) =>
        Assert.All(((Module)Activator.CreateInstance(type)!).InLab(), tweak => Assert.IsType(type, tweak));

    [Fact]
    public void A_policy_of_the_fleet_wins_over_a_host_and_a_wish_does_not()
    {
        var fleet = new Fleet("example.org")
        {
            Prefer = { new Matrix { Port = 1111, MaxRequestSize = 5_000_000 } },
            Force = { new Matrix { Federation = true } },
            Hosts = { new Host("one") { Modules = { new Caddy { Email = "a@example.org" }, new Matrix { Port = 2222 } } } },
        };

        var config = Evaluator.Evaluate(fleet).Single().Text("homeserver.yaml");

        Assert.Contains("\"port\": 2222", config, StringComparison.Ordinal);
        Assert.Contains("\"max_upload_size\": 5000000", config, StringComparison.Ordinal);
        Assert.Contains("\"federation\"", config, StringComparison.Ordinal);
    }

    private static IEnumerable<PropertyInfo> Settings(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(property => property.SetMethod?.IsPublic == true);

    private sealed record Forgetful : Module
    {
        public string Colour { get; init; } = "";
    }
}
