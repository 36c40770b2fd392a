using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// An assistant in the rooms of this host's <see cref="Matrix"/>: Claude answers whoever mentions it, in a thread. It uses Anthropic's API,
/// which costs money and sees what is said to it.
/// </summary>
public sealed record Companion : Module
{
    /// <summary>The key for Anthropic's API, of their console. Only its owner can give it.</summary>
    public Secret ApiKey { get; init => Assign(ref field, value); } = Secret.Named("anthropic_api_key");

    /// <summary>
    /// Where the API is; empty is Anthropic's own. For a gateway of yours that speaks as it does, such as one that logs or shares out the
    /// budget: an https address, or an http one on this host's loopback.
    /// </summary>
    public string ApiUrl { get; init => Assign(ref field, value); } = "";

    /// <summary>The local part of its user id, for good: lower-case letters, digits and <c>. _ -</c>.</summary>
    public string UserName { get; init => Assign(ref field, value); } = "claude";

    /// <summary>The model, by the name that the API gives it.</summary>
    public string Model { get; init => Assign(ref field, value); } = "claude-sonnet-5-5";

    /// <summary>
    /// What the model costs, where the service does not know it: JSON in the form of services/Companion/Spending/prices.json. Empty takes the
    /// service's own prices. A model without a price does not start, for its limit could not be kept.
    /// </summary>
    public string Prices { get; init => Assign(ref field, value); } = "";

    /// <summary>The longest answer to one question in tokens, its thoughts among it: 256 to 128,000.</summary>
    public int MaxTokens { get; init => Assign(ref field, value); } = 8192;

    /// <summary>What the model is told of its task before every conversation; empty takes the service's own words.</summary>
    public string SystemPrompt { get; init => Assign(ref field, value); } = "";

    /// <summary>
    /// Who may invite it into rooms: user ids in which * stands for anything (<c>*:example.org</c>). None means everybody of this server.
    /// </summary>
    public EquatableArray<string> MayInvite { get; init => Assign(ref field, value); } = [];

    /// <summary>Who gets an answer, as in <see cref="MayInvite"/>. Everybody who does spends of the same budget.</summary>
    public EquatableArray<string> MayTalk { get; init => Assign(ref field, value); } = [];

    /// <summary>What it may spend in a calendar month (UTC), in whole US dollars: 1 to 100,000. Then it says so and answers no more.</summary>
    public int MonthlyLimit { get; init => Assign(ref field, value); } = 20;

    /// <summary>
    /// Whether it reads and writes in rooms with end-to-end encryption. Its keys lie in its state directory, encrypted with a key that the
    /// machine makes.
    /// </summary>
    public bool Encryption { get; init => Assign(ref field, value); } = true;

    /// <summary>Whether the model may search the web, at one cent a search.</summary>
    public bool WebSearch { get; init => Assign(ref field, value); }

    /// <summary>Whether the model may read and write files in a folder of its own, <c>/var/lib/companion/files</c>.</summary>
    public bool Files { get; init => Assign(ref field, value); }

    /// <summary>Servers whose tools it may use.</summary>
    public EquatableArray<McpServer> McpServers { get; init => Assign(ref field, value); } = [];

    /// <summary>Programs whose tools it may use, each in a unit of its own.</summary>
    public EquatableArray<McpProgram> McpPrograms { get; init => Assign(ref field, value); } = [];

    /// <inheritdoc/>
    public override IEnumerable<Contribution> Contribute(HostView host) =>
        host.Find<Matrix>() is null
            ? []
            : [new UnitCheck("The assistant has its account", CompanionUnits.AccountName) { Limit = TimeSpan.FromMinutes(3) },
               new UnitCheck("The assistant follows its rooms", CompanionUnits.Name) { Limit = TimeSpan.FromMinutes(3) }];

    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host) => CompanionChecks.Of(this, host);

    /// <inheritdoc/>
    public override IEnumerable<Artifact> Realise(GatheredView host) =>
        host.Find<Matrix>() is { } matrix ? CompanionUnits.Of(this, matrix, host) : [];

    internal string UserIdOn(HostView host, Matrix matrix) => $"@{UserName}:{matrix.ServerNameOn(host)}";
}
