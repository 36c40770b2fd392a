using System.Text.Json;

namespace Companion.Matrix;

/// <summary>The homeserver refused, or could not be reached (then <see cref="Status"/> is 0).</summary>
internal sealed class MatrixException(int status, string errcode, string message, TimeSpan? retryAfter = null)
    : Exception(status == 0 ? message : $"{status} {errcode}: {message}")
{
    public int Status { get; } = status;

    public string Errcode { get; } = errcode;

    /// <summary>How long the homeserver asks to wait, within what is sane.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>The whole answer; undefined where there was none.</summary>
    public JsonElement Answer { get; init; }

    /// <summary>Whether the same request may well succeed a little later.</summary>
    public bool IsPassing => Status is 0 or 429 or >= 500;
}
