namespace Hale.Store.Unpack;

/// <summary>What one package may at most hold: far above any real one, far below what fills a disk unnoticed.</summary>
/// <param name="Bytes">Bytes of its decompressed tar.</param>
/// <param name="Entries">Entries of its tar.</param>
internal sealed record UnpackLimits(long Bytes = 8L << 30, int Entries = 500_000);
