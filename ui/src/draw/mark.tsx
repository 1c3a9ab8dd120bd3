// Kraken's own mark, and the lighthouse of a house without apps.

export function Mark({ className }: { className?: string }) {
  return (
    <svg className={className} viewBox="0 0 32 32" aria-hidden="true">
      <g fill="none" stroke="currentColor" strokeWidth={3.1} strokeLinecap="round" strokeLinejoin="round">
        <path d="M7.5 4.5v23" />
        <path d="M7.5 18.2c6.4 0 8.3-3.4 9.300-7.200C17.900 6.700 20.300 4.500 23.400 4.500c2.900 0 4.800 1.900 4.800 4.200 0 2.100-1.500 3.500-3.300 3.500-1.500 0-2.500-1-2.500-2.200" />
        <path d="M13.400 16.700c3.300 1.300 4.100 4 5 6.500.9 2.700 2.500 4.300 5.200 4.300 2.800 0 4.600-1.800 4.600-4 0-2-1.400-3.300-3.100-3.300-1.400 0-2.400.9-2.400 2.100" />
      </g>
      <circle cx={12.7} cy={6.1} r={2.3} fill="var(--lamp)" />
    </svg>
  );
}

export function Lighthouse() {
  return (
    <svg className="house" viewBox="0 0 320 120" fill="none" stroke="currentColor" strokeWidth={2} strokeLinecap="round" aria-hidden="true">
      <path d="M16 78q16-9 32 0t32 0 32 0 32 0 32 0 32 0 32 0 32 0 32 0" />
      <path d="M40 98q16-9 32 0t32 0 32 0 32 0 32 0 32 0 32 0" opacity={0.45} />
      <path d="M88 114q12-7 24 0t24 0 24 0 24 0 24 0 24 0" opacity={0.22} />
      <path d="M146 71V24h28v47" fill="var(--surface)" />
      <path d="M140 24h40M150 24V12h20v12M160 12V6M146 44h28" />
      <path d="M154 14h12v9h-12z" fill="var(--lamp)" stroke="none" />
      <path d="M182 14l34-8M182 20l38 4M138 14l-34-8M138 20l-38 4" stroke="var(--lamp)" strokeWidth={2.5} />
    </svg>
  );
}
