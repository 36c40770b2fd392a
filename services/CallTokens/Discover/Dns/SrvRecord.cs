namespace SrvRecords;

/// <summary>Where a service is (RFC 2782).</summary>
internal sealed record SrvRecord(int Priority, int Weight, int Port, string Target);
