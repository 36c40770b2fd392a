using System.Collections.Immutable;
using ServiceHost;

namespace Companion.Settings;

/// <summary>Everything the assistant is told, read once at its start. README.md lists the names.</summary>
internal sealed record CompanionSettings
{
    public required MatrixSettings Matrix { get; init; }

    public required ClaudeSettings Claude { get; init; }

    public required ToolSettings Tools { get; init; }

    public required AccessSettings Access { get; init; }

    public required SpendingSettings Spending { get; init; }

    /// <summary>Encrypts the keys on disk. Null: the assistant cannot read rooms with encryption.</summary>
    public required SecretText? PickleKey { get; init; }

    /// <summary>The SQLite file with conversations, spending and keys.</summary>
    public required string DatabasePath { get; init; }
}

internal sealed record MatrixSettings
{
    public required Uri HomeserverUrl { get; init; }

    public required string UserId { get; init; }

    public required SecretText AccessToken { get; init; }
}

internal sealed record ClaudeSettings
{
    public required SecretText ApiKey { get; init; }

    /// <summary>Where the API is; null is Anthropic's own.</summary>
    public required Uri? BaseUrl { get; init; }

    public required string Model { get; init; }

    /// <summary>The longest answer to one request, in tokens, thinking included.</summary>
    public required int MaxTokens { get; init; }

    public required string SystemPrompt { get; init; }
}

internal sealed record ToolSettings
{
    public required bool WebSearchEnabled { get; init; }

    /// <summary>The folder that fs_read, fs_write and fs_list work in; null: there are no such tools.</summary>
    public required string? SandboxDir { get; init; }

    public required int MaxIterations { get; init; }

    /// <summary>How long one call of a tool may take.</summary>
    public required TimeSpan Timeout { get; init; }

    public required ImmutableArray<McpServerSettings> McpServers { get; init; }
}

/// <summary>Who may do what. Patterns of user ids, where * stands for anything.</summary>
internal sealed record AccessSettings
{
    public required ImmutableArray<UserPattern> MayInvite { get; init; }

    public required ImmutableArray<UserPattern> MayTalk { get; init; }
}

internal sealed record SpendingSettings
{
    /// <summary>US dollars in a calendar month (UTC); null: no limit.</summary>
    public required decimal? MonthlyLimit { get; init; }

    /// <summary>Prices of models that the built-in list lacks, or has otherwise; JSON in the form of prices.json.</summary>
    public required string? Prices { get; init; }
}
