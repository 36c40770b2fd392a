namespace Hale.Secrets.Tests.Sops;

/// <summary>Recipients of .sops.yaml, in every form that people write them in: what is not touched stays byte for byte.</summary>
public sealed class RecipientsTextTests
{
    private const string One = "age1yt3tfqlfrwdwx0z0ynwplcr6qxcxfaqycuprpmy89nr83ltx74tqdpszlw";
    private const string Two = "age1a8pk4akrdamj7nvqy3zywgtny8dxz7t5xzu7u8v9mhrayp9freqsqatyrs";
    private static readonly AgeRecipient New = AgeRecipient.Parse("age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm");

    [Theory]
    // A list with dashes.
    [InlineData("- age:\n      - ONE # me\n    path_regex: x # all\n", "- age:\n      - ONE # me\n      - NEW  # ohana\n    path_regex: x # all\n")]
    [InlineData("- key_groups:\n    - age:\n        - ONE\n        - TWO", "- key_groups:\n    - age:\n        - ONE\n        - TWO\n        - NEW  # ohana\n")]
    [InlineData("- age:\n    # first\n    - ONE\n    # after\n", "- age:\n    # first\n    - ONE\n    - NEW  # ohana\n    # after\n")]
    // A text.
    [InlineData("- age: ONE\n", "# ohana: NEW\n  - age: ONE,NEW\n")]
    [InlineData("- path_regex: x\n    age: \"ONE, TWO\"\n", "- path_regex: x\n    # ohana: NEW\n    age: \"ONE, TWO,NEW\"\n")]
    [InlineData("- age: >-\n      ONE,\n      TWO\n    path_regex: x\n", "# ohana: NEW\n  - age: >-\n      ONE,\n      TWO,\n      NEW\n    path_regex: x\n")]
    // Brackets.
    [InlineData("- {path_regex: x, age: [ONE]}\n", "# ohana: NEW\n  - {path_regex: x, age: [ONE, NEW]}\n")]
    [InlineData("- age: [\"ONE\", TWO]\n", "# ohana: NEW\n  - age: [\"ONE\", TWO, NEW]\n")]
    public void One_is_added_in_the_form_of_the_others_and_taken_out_again(string rule, string added)
    {
        var before = $"# top\ncreation_rules:\n  {Filled(rule)}";
        var rules = SopsRules.Parse("/x/.sops.yaml", before);
        var with = rules.With(rules.All[0], New, "ohana");
        Assert.Equal($"# top\ncreation_rules:\n  {Filled(added)}", with.Text);
        Assert.Equal("ohana", with.NameOf(New));
        Assert.Same(with, with.With(with.All[0], New));
        Assert.Equal(before.TrimEnd('\n'), with.Without(with.All[0], New).Text.TrimEnd('\n'));
    }

    [Fact]
    public void Anchors_are_made_beside_the_others_and_go_when_nothing_refers_to_them()
    {
        const string before = $"keys:\n  # people\n  - &me {One}\n  - &old {Two} # laptop\ncreation_rules:\n  - path_regex: a\n    key_groups:\n      - age:\n          - *me\n          - *old\n  - key_groups:\n      - age: [*me]\n";
        var rules = SopsRules.Parse("/x/.sops.yaml", before);
        var with = rules.With(rules.All[0], New, "ohana.example.org");
        Assert.Equal(
            before.Replace("# laptop\n", $"# laptop\n  - &ohana_example_org {New}\n", StringComparison.Ordinal).Replace("- *old\n", "- *old\n          - *ohana_example_org\n", StringComparison.Ordinal),
            with.Text);
        Assert.Equal("ohana_example_org", with.NameOf(New));
        Assert.Equal(before, with.Without(with.All[0], New).Text);

        var both = with.With(with.All[1], New, "ohana");
        Assert.Contains($"[*me, {New}]", both.Text, StringComparison.Ordinal);
        Assert.Equal(before.Replace("  - &old " + Two + " # laptop\n", "", StringComparison.Ordinal).Replace("          - *old\n", "", StringComparison.Ordinal),
            rules.Without(rules.All[0], AgeRecipient.Parse(Two)).Text);
        Assert.Equal("me", rules.NameOf(AgeRecipient.Parse(One)));
    }

    [Fact]
    public void An_anchor_within_a_rule_moves_to_the_next_one_that_needs_it()
    {
        const string before = $"creation_rules:\n  - path_regex: a\n    key_groups:\n      - age:\n          - &me {One}\n          - {Two}\n  - key_groups:\n      - age:\n          - *me\n";
        var rules = SopsRules.Parse("/x/.sops.yaml", before);
        Assert.Equal(
            $"creation_rules:\n  - path_regex: a\n    key_groups:\n      - age:\n          - {Two}\n  - key_groups:\n      - age:\n          - &me {One}\n",
            rules.Without(rules.All[0], AgeRecipient.Parse(One)).Text);
    }

    [Fact]
    public void What_would_touch_another_rule_is_refused_with_what_to_write()
    {
        const string shared = $"all: &all\n  - {One}\n  - {Two}\ncreation_rules:\n  - path_regex: a\n    age: *all\n  - age: *all\n";
        var rules = SopsRules.Parse("/x/.sops.yaml", shared);
        var error = Assert.Throws<SecretsError>(() => rules.With(rules.All[0], New));
        Assert.Contains("rule 1 are written in a way that Hale cannot change without touching others", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{One}, {Two}, {New}", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_keeps_its_last_recipient()
    {
        var rules = SopsRules.Parse("/x/.sops.yaml", $"creation_rules:\n  - age: {One}\n");
        Assert.Contains("is the last recipient", Assert.Throws<SecretsError>(() => rules.Without(rules.All[0], AgeRecipient.Parse(One))).Message);
        Assert.Same(rules, rules.Without(rules.All[0], New));
    }

    private static string Filled(string text) => text.Replace("ONE", One, StringComparison.Ordinal).Replace("TWO", Two, StringComparison.Ordinal).Replace("NEW", New.ToString(), StringComparison.Ordinal);
}
